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

        if (s_closeFrom is not null)
        {
            CloseThose(actions, targets, Enumerable.Range(FirstAfterStreams, highest + 1 - FirstAfterStreams));
            actions.Note(s_closeFrom(actions.Actions, highest + 1));
            return;
        }

        try
        {
            FileSystemEnumerable<int> numbers = new("/proc/self/fd", static (ref FileSystemEntry entry) => Number(entry.FileName));
            CloseThose(actions, targets, numbers.Where(static number => number >= FirstAfterStreams));
        }
        catch (IOException e) // without the list they would all be inherited
        {
            actions.Note(e is DirectoryNotFoundException ? Libc.ENOENT : Libc.EMFILE);
        }
    }

    private static void CloseThose(SpawnActions actions, ReadOnlySpan<int> targets, IEnumerable<int> numbers)
    {
        foreach (int number in numbers)
        {
            if (!targets.Contains(number) && Libc.fcntl(number, Libc.F_GETFD, 0) == 0)
            {
                actions.Close(number);
            }
        }
    }

    private static int Number(ReadOnlySpan<char> name)
        => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;
}
