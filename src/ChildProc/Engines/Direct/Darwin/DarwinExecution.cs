using ChildProc.Interop;

namespace ChildProc.Engines.Direct.Darwin;

/// <summary>posix_spawn over the candidates, by the rules of execvp(3), except that a file of unknown format is never given to a shell.</summary>
internal static class DarwinExecution
{
    private const int MostPauses = 10; // of 1, 2, 4 … milliseconds: about a second
    private const int MostInterruptions = 100;

    /// <returns>The pid.</returns>
    /// <exception cref="ChildProcessStartException">Nothing was started.</exception>
    internal static int Run(IDarwinSystem system, DarwinImage image, short flags, IReadOnlyList<SpawnAction> actions)
    {
        int missing = DarwinAbi.ENOENT;
        string? denied = null, existing = null;
        bool searched = !image.Info.FileName.Contains('/');
        foreach (string path in image.Paths)
        {
            DarwinSpawn spawn = new(path, image.Strings, image.ArgumentCount, image.VariableCount, flags, image.Directory, actions);
            int error = WhenNotBusy(system, spawn, out int pid);
            if (error == 0)
            {
                return pid;
            }

            if (image.Directory is { } directory && system.Access(directory.TrimEnd('/') + "/.", DarwinAbi.X_OK) is > 0 and int fault)
            {
                throw ChildProcessStartException.Create(StartStage.WorkingDirectory, fault, image.Info);
            }

            if (error == DarwinAbi.EACCES)
            {
                // A directory of the PATH that we may not enter hides nothing that we could execute: as if it were not there.
                denied ??= searched && system.Access(path, DarwinAbi.F_OK) == DarwinAbi.EACCES ? null : path;
            }
            else if (IsNotHere(error))
            {
                missing = path == image.Paths[0] ? error : missing;
                existing ??= system.Access(path, DarwinAbi.F_OK) == 0 ? path : null; // its interpreter or loader is not here
            }
            else
            {
                throw Failure(error, path, image.Info);
            }
        }

        throw denied is not null ? ChildProcessStartException.Create(StartStage.Execute, DarwinAbi.EACCES, image.Info, denied)
            : existing is not null ? ChildProcessStartException.Create(StartStage.Execute, DarwinAbi.ENOENT, image.Info, existing, badInterpreter: true)
            : ChildProcessStartException.Create(StartStage.Resolve, missing, image.Info);
    }

    // EINTR (trap 79), no free process slot for a moment (EAGAIN), a program that was written a moment ago (ETXTBSY, trap 31).
    private static int WhenNotBusy(IDarwinSystem system, DarwinSpawn spawn, out int pid)
    {
        int pauses = 0, interruptions = 0;
        while (true)
        {
            int error = system.Spawn(spawn, out pid);
            if (error is DarwinAbi.EAGAIN or DarwinAbi.ETXTBSY && pauses < MostPauses)
            {
                system.Pause(1000 << pauses++);
            }
            else if (error != DarwinAbi.EINTR || interruptions++ == MostInterruptions)
            {
                return error;
            }
        }
    }

    private static bool IsNotHere(int error) => error is DarwinAbi.ENOENT or DarwinAbi.ENOTDIR or DarwinAbi.ELOOP or DarwinAbi.ENAMETOOLONG
        or DarwinAbi.ESTALE or DarwinAbi.ENODEV or DarwinAbi.ETIMEDOUT;

    private static ChildProcessStartException Failure(int error, string path, ChildProcessStartInfo info) => error switch
    {
        // All sources are open: it is a target that the limit on open files forbids.
        DarwinAbi.EBADF => ChildProcessStartException.Create(StartStage.Handles, error, info),
        DarwinAbi.EMFILE or DarwinAbi.ENFILE => ChildProcessStartException.Create(StartStage.StandardStreams, error, info),
        DarwinAbi.EAGAIN or DarwinAbi.ENOMEM => ChildProcessStartException.Create(StartStage.Execute, error, info),
        _ => ChildProcessStartException.Create(StartStage.Execute, error, info, path),
    };
}
