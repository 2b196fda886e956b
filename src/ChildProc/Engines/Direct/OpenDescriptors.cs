using System.Globalization;
using System.IO.Enumeration;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Direct;

/// <summary>The host's descriptors that a new process would inherit, for they have no close-on-exec.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe class OpenDescriptors
{
    private const int FirstAfterStreams = 3;

    // glibc 2.34; musl has none. It closes what another thread opens in this very moment, too.
    private static readonly delegate* unmanaged<void*, int, int> s_closeFrom =
        NativeLibrary.TryLoad("libc.so.6", out nint library) && NativeLibrary.TryGetExport(library, "posix_spawn_file_actions_addclosefrom_np", out nint export)
            ? (delegate* unmanaged<void*, int, int>)export
            : null;

    /// <summary>The last of the actions: closes all but the standard streams and the targets.</summary>
    /// <param name="actions">The actions of the start.</param>
    /// <param name="targets">Numbers that were put in place.</param>
    internal static void CloseOthers(SpawnActions actions, ReadOnlySpan<int> targets)
    {
        int highest = FirstAfterStreams - 1;
        foreach (int target in targets)
        {
            highest = Math.Max(highest, target);
        }

        FileSystemEnumerable<int> numbers = new("/proc/self/fd", static (ref FileSystemEntry entry) => Number(entry.FileName));
        foreach (int number in numbers)
        {
            bool isListed = number >= FirstAfterStreams && (number <= highest || s_closeFrom is null);
            if (isListed && !targets.Contains(number) && Libc.fcntl(number, Libc.F_GETFD, 0) == 0)
            {
                actions.Close(number);
            }
        }

        if (s_closeFrom is not null)
        {
            actions.Note(s_closeFrom(actions.Actions, highest + 1));
        }
    }

    private static int Number(ReadOnlySpan<char> name)
        => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;
}
