using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Diagnostics;
using ChildProc.Engines.Supervised;
using ChildProc.Interop;
using ChildProc.Stdio;

namespace ChildProc.Engines.Direct;

/// <summary>Starts a child by posix_spawn(3) and nothing else, where the library's own program cannot be executed.</summary>
/// <remarks>
/// The C library does what it can between fork and exec; a start info that needs more is refused. The child runs before the
/// host holds its pidfd and before the watchdog knows its group: a reaper in the host that waits for any child, or the end of
/// the host in just that moment, can come in between.
/// </remarks>
[SupportedOSPlatform("linux")]
internal static unsafe class PlainSpawn
{
    // glibc 2.29, musl 1.1.24.
    private static readonly delegate* unmanaged<void*, int, int> s_changeDirectory = ChangeDirectory();

    /// <exception cref="PlatformNotSupportedException">The start info asks for what posix_spawn cannot do.</exception>
    internal static void Refuse(ChildProcessStartInfo info, string reason)
    {
        string? what = info.Limits.Count > 0 ? nameof(info.Limits)
            : info.Umask is not null ? nameof(info.Umask)
            : info.Credentials is not null ? nameof(info.Credentials)
            : info.Priority is not null ? nameof(info.Priority)
            : info.NoNewPrivileges ? nameof(info.NoNewPrivileges)
            : TerminalStdio.IsIn(info) ? "ChildStdio.Terminal"
            : info.Containment == Containment.None ? "Containment.None"
            : info.WorkingDirectory is not null && s_changeDirectory is null ? nameof(info.WorkingDirectory)
            : null;
        if (what is not null)
        {
            throw new PlatformNotSupportedException($"{what} needs the library's own program, which cannot be used here: {reason}.");
        }
    }

    /// <summary>The pid of the child.</summary>
    /// <exception cref="ChildProcessStartException">It was not started.</exception>
    internal static int Start(RequestImage image, StartResources resources, Hold hold)
    {
        int[] targets = [.. image.Info.InheritedHandles.Keys];
        using SpawnActions actions = new(targets.Length > 0 ? Math.Max(2, targets.Max()) : 2);
        actions.SetMask(blockAll: false);
        actions.SetDefaultSignals();
        if (hold == Hold.Session)
        {
            actions.NewSession();
        }
        else if (hold == Hold.Group)
        {
            actions.NewGroup();
        }

        const int Searchable = 1; // X_OK
        if (image.Info.WorkingDirectory is not null && !IsAccessible(image.WorkingDirectory, Searchable))
        {
            throw ChildProcessStartException.Create(StartStage.WorkingDirectory, Libc.EACCES, image.Info);
        }

        if (image.Info.WorkingDirectory is not null && actions.MoveAside(resources.WorkingDirectory) is >= 0 and int directory)
        {
            actions.Note(s_changeDirectory(actions.Actions, directory));
        }

        Place(actions, resources, targets);
        OpenDescriptors.CloseOthers(actions, targets);
        if (actions.Error != 0)
        {
            throw ChildProcessStartException.Create(StartStage.StandardStreams, actions.Error, image.Info);
        }

        return Execute(image, actions);
    }

    private static bool IsAccessible(string path, int mode)
    {
        byte* text = (byte*)Marshal.StringToCoTaskMemUTF8(path);
        bool accessible = Libc.access(text, mode) == 0;
        Marshal.FreeCoTaskMem((nint)text);
        return accessible;
    }

    private static void Place(SpawnActions actions, StartResources resources, int[] targets)
    {
        ReadOnlySpan<Wire.StdioKind> kinds = [resources.InputKind, resources.OutputKind, resources.ErrorKind];
        ReadOnlySpan<int> next = resources.Placed;
        for (int i = 0; i < kinds.Length; i++)
        {
            switch (kinds[i])
            {
                case Wire.StdioKind.Null:
                    actions.OpenNull(i);
                    break;
                case Wire.StdioKind.Handle:
                    actions.Place(next[0], i);
                    next = next[1..];
                    break;
                default:
                    actions.Copy(1, i);
                    break;
            }
        }

        for (int i = 0; i < targets.Length; i++)
        {
            actions.Place(next[i], targets[i]);
        }
    }

    private static int Execute(RequestImage image, SpawnActions actions)
    {
        (int paths, int arguments, int variables) = image.Counts;
        byte*[] vector = new byte*[paths + 1 + arguments + 1 + variables + 1]; // each part ends with a null pointer
        fixed (byte* strings = image.Strings)
        fixed (byte** at = vector)
        {
            byte* next = Point(strings, at, paths);
            byte** argv = at + paths + 1, envp = argv + arguments + 1;
            next = Point(next, argv, arguments);
            Point(next, envp, variables);
            return Search(image, actions, at, argv, envp);
        }
    }

    private static byte* Point(byte* strings, byte** vector, int count)
    {
        for (int i = 0; i < count; i++)
        {
            vector[i] = strings;
            strings += MemoryMarshal.CreateReadOnlySpanFromNullTerminated(strings).Length + 1;
        }

        return strings;
    }

    // The same rules as src/ChildProc.Guardian/spawn.c has.
    private static int Search(RequestImage image, SpawnActions actions, byte** paths, byte** argv, byte** envp)
    {
        bool searched = !image.Info.FileName.Contains('/');
        int missing = Libc.ENOENT, denied = -1, existing = -1;
        for (int i = 0; paths[i] is not null; i++)
        {
            int error = SpawnWhenNotBusy(actions, paths[i], argv, envp, out int pid);
            if (error == 0)
            {
                return pid;
            }

            if (error is Libc.EAGAIN or Libc.ENOMEM)
            {
                throw ChildProcessStartException.Create(StartStage.Containment, error, image.Info);
            }

            int access = Libc.access(paths[i], 0) == 0 ? 0 : Marshal.GetLastPInvokeError();
            if (error == Libc.EACCES)
            {
                denied = denied < 0 && !(searched && access == Libc.EACCES) ? i : denied;
            }
            else if (IsMissing(error))
            {
                missing = i == 0 ? error : missing;
                existing = existing < 0 && access == 0 ? i : existing;
            }
            else
            {
                throw Failure(image, StartStage.Execute, error, i);
            }
        }

        throw denied >= 0 ? Failure(image, StartStage.Execute, Libc.EACCES, denied)
            : existing >= 0 ? Failure(image, StartStage.Execute, Libc.ENOENT, existing, badInterpreter: true)
            : Failure(image, StartStage.Resolve, missing, 0);
    }

    private static int SpawnWhenNotBusy(SpawnActions actions, byte* path, byte** argv, byte** envp, out int pid)
    {
        for (int wait = 1; ; wait *= 2)
        {
            int error = actions.Spawn(path, argv, envp, out pid);
            if (error != Libc.ETXTBSY || wait > 512)
            {
                return error;
            }

            Thread.Sleep(wait); // a fork of another thread has the file open for writing, for a moment (trap 31)
        }
    }

    private static bool IsMissing(int error)
        => error is Libc.ENOENT or Libc.ENODEV or Libc.ENOTDIR or Libc.ENAMETOOLONG or Libc.ELOOP or Libc.ETIMEDOUT or Libc.ESTALE;

    private static ChildProcessStartException Failure(RequestImage image, StartStage stage, int error, int path, bool badInterpreter = false)
        => image.Failure(new Wire.Failed { Stage = (uint)stage, Error = error, PathIndex = (uint)path, BadInterpreter = badInterpreter ? 1u : 0 });

    private static delegate* unmanaged<void*, int, int> ChangeDirectory()
        => NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "posix_spawn_file_actions_addfchdir_np", out nint export)
            ? (delegate* unmanaged<void*, int, int>)export
            : null;
}
