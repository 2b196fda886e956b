using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Supervised;

/// <summary>Starts a guardian and returns the host's ends of its sockets.</summary>
/// <remarks>
/// The process that posix_spawn makes waits for GO, which the host says once it has a pidfd of it, then forks the
/// guardian and ends. So the host reaps exactly that process, whatever else in the host waits for children, and the
/// guardian is nobody's child but init's (or, where the host is a subreaper or PID 1, one that it reaps by pidfd).
/// </remarks>
[SupportedOSPlatform("linux")]
internal static unsafe class GuardianProcess
{
    private const int RequestsNumber = 3, ControlNumber = 4, HostNumber = 5;
    private const int HandshakeMilliseconds = 10_000;
    private const int AboveFixed = 16; // where the sources of 3, 4 and 5 are moved to, so that none overwrites another

    internal readonly record struct Connection(Descriptor Requests, Descriptor Control, Descriptor? PidFd, int Pid);

    /// <exception cref="GuardianUnavailableException">It cannot be started, or cannot work here.</exception>
    internal static Connection Start(string? configuredPath, int poolSize)
    {
        using GuardianImage image = Open(configuredPath);
        Check(SeqPacket.CreatePair(out int requests, out int requestsTheirs), "socketpair");
        using Descriptor theirs1 = new(requestsTheirs);
        Descriptor ours = new(requests);
        Descriptor? control = null;
        try
        {
            Check(SeqPacket.CreatePair(out int controlOurs, out int controlTheirs), "socketpair");
            control = new Descriptor(controlOurs);
            using Descriptor theirs2 = new(controlTheirs);
            int self = (int)Libc.syscall(Libc.SYS_pidfd_open, Environment.ProcessId, 0);
            using Descriptor? host = self >= 0 ? new Descriptor(self) : null;

            int pid = Spawn(image.Path, poolSize, theirs1.Number, theirs2.Number, host?.Number ?? -1);
            int first = (int)Libc.syscall(Libc.SYS_pidfd_open, pid, 0);
            using Descriptor? starter = first >= 0 ? new Descriptor(first) : null;
            int sent = SeqPacket.Send(control.Number, new Wire.Frame(Wire.FrameType.Go, 8));
            theirs2.Dispose(); // so that its death is an end of file here
            Check(Reap(starter, pid), "fork of the guardian");
            Check(sent, "send");
            return ReadHello(ours, control, isOurs: configuredPath is null);
        }
        catch
        {
            ours.Dispose();
            control?.Dispose();
            throw;
        }
    }

    private static GuardianImage Open(string? configuredPath)
    {
        if (configuredPath is null && GuardianImage.WhyMissing() is { } reason)
        {
            throw new GuardianUnavailableException(reason, 0);
        }

        try
        {
            return GuardianImage.Open(configuredPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GuardianUnavailableException($"the guardian's program cannot be written: {e.Message}", 0);
        }
    }

    private static int Spawn(string path, int poolSize, int requests, int control, int host)
    {
        string title = string.Create(CultureInfo.InvariantCulture, $"childproc-guardian   (host {Environment.ProcessId})");
        string[] arguments = [title, poolSize.ToString(CultureInfo.InvariantCulture), HostGroup.MustBeShared() ? "shared" : "own"];
        // posix_spawn_file_actions_t and posix_spawnattr_t: at most 80 and 336 bytes in glibc and musl.
        byte* actions = stackalloc byte[512];
        byte* attributes = stackalloc byte[1024];
        byte* allSignals = stackalloc byte[128];
        new Span<byte>(allSignals, 128).Fill(0xFF);
        byte** argv = stackalloc byte*[arguments.Length + 1];
        byte** envp = stackalloc byte*[1];
        envp[0] = null;
        byte* program = (byte*)Marshal.StringToCoTaskMemUTF8(path);
        byte* nullDevice = (byte*)Marshal.StringToCoTaskMemUTF8("/dev/null");
        Span<int> moved = [-1, -1, -1];
        for (int i = 0; i < arguments.Length; i++)
        {
            argv[i] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[i]);
        }

        argv[arguments.Length] = null;
        Check(Libc.posix_spawn_file_actions_init(actions), "posix_spawn attributes");
        Check(Libc.posix_spawnattr_init(attributes), "posix_spawn attributes");
        try
        {
            Check(Libc.posix_spawnattr_setsigmask(attributes, allSignals), "posix_spawn attributes");
            Check(Libc.posix_spawnattr_setflags(attributes, Libc.POSIX_SPAWN_SETSIGMASK), "posix_spawn attributes");
            for (int i = 0; i < 3; i++)
            {
                Check(Libc.posix_spawn_file_actions_addopen(actions, i, nullDevice, Libc.O_RDWR, 0), "posix_spawn attributes");
            }

            if (host < 0)
            {
                // The guardian takes 5 for the host's pidfd: nothing that this process inherited may stand there.
                Check(Libc.posix_spawn_file_actions_addclose(actions, HostNumber), "posix_spawn attributes");
            }

            ReadOnlySpan<int> sources = [requests, control, host];
            for (int i = 0; i < 3 && sources[i] >= 0; i++)
            {
                moved[i] = Libc.fcntl(sources[i], Libc.F_DUPFD_CLOEXEC, AboveFixed);
                Check(moved[i] >= 0 ? 0 : Marshal.GetLastPInvokeError(), "fcntl");
                Check(Libc.posix_spawn_file_actions_adddup2(actions, moved[i], RequestsNumber + i), "posix_spawn attributes");
            }

            int pid;
            int error = Libc.posix_spawn(&pid, program, actions, attributes, argv, envp);
            Check(error, $"posix_spawn of '{path}'");
            return pid;
        }
        finally
        {
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
            foreach (int descriptor in moved)
            {
                if (descriptor >= 0)
                {
                    Libc.close(descriptor);
                }
            }

            for (int i = 0; i < arguments.Length; i++)
            {
                Marshal.FreeCoTaskMem((nint)argv[i]);
            }

            Marshal.FreeCoTaskMem((nint)program);
            Marshal.FreeCoTaskMem((nint)nullDevice);
        }
    }

    // By pidfd, so that no other child is ever taken for it. ECHILD: someone else in the host reaped it, which is fine.
    // Its exit code is 0, or the errno of its fork.
    private static int Reap(Descriptor? starter, int pid)
    {
        byte* information = stackalloc byte[128];
        if (starter is not null)
        {
            SeqPacket.Wait(starter.Number, Libc.POLLIN, Environment.TickCount64 + HandshakeMilliseconds);
            Libc.waitid(Libc.P_PIDFD, (uint)starter.Number, information, Libc.WEXITED | Libc.WNOHANG);
        }
        else
        {
            // Linux < 5.3: it ends right after GO, and its pid is taken until we reap it.
            Libc.waitid(Libc.P_PID, (uint)pid, information, Libc.WEXITED);
        }

        const int CldExited = 1;
        int* fields = (int*)information; // siginfo_t: si_code is the third, si_status the seventh
        return fields[2] == CldExited ? fields[6] : 0;
    }

    private static Connection ReadHello(Descriptor requests, Descriptor control, bool isOurs)
    {
        Span<byte> buffer = stackalloc byte[64];
        if (!SeqPacket.Wait(control.Number, Libc.POLLIN, Environment.TickCount64 + HandshakeMilliseconds))
        {
            throw new GuardianUnavailableException("the guardian does not answer", Libc.ETIMEDOUT);
        }

        int length = SeqPacket.Receive(control.Number, buffer, out Descriptor? pidFd);
        if (length <= 0 || !Wire.TryRead(buffer[..length], out Wire.Hello hello) || hello.Frame.Type != Wire.FrameType.Hello)
        {
            pidFd?.Dispose();
            int error = isOurs ? Libc.ECONNRESET : 0; // a program that is no guardian never will be one
            throw new GuardianUnavailableException("the guardian ended before it answered", error);
        }

        if (hello.FailedTest != 0)
        {
            pidFd?.Dispose();
            string missing = hello.FailedTest switch
            {
                1 => "child subreapers (prctl PR_SET_CHILD_SUBREAPER, Linux 3.4)",
                2 => "the files /proc/<pid>/task/<tid>/children (CONFIG_PROC_CHILDREN) in a /proc of its own PID namespace",
                _ => "the guardian's own resources (memory, signalfd, eventfd)",
            };
            throw new GuardianUnavailableException($"this system lacks {missing}", hello.Error);
        }

        return new Connection(requests, control, pidFd, hello.GuardianPid);
    }

    private static void Check(int error, string what)
    {
        if (error != 0)
        {
            throw new GuardianUnavailableException($"{what} failed: {Marshal.GetPInvokeErrorMessage(error)}", error);
        }
    }
}

/// <summary>The guardian cannot be started now, or not at all.</summary>
internal sealed class GuardianUnavailableException(string reason, int error) : Exception(reason)
{
    internal int Error { get; } = error;
}
