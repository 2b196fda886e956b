using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Diagnostics;
using ChildProc.Engines.Direct;
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

    internal readonly record struct Connection(Descriptor Requests, Descriptor Control, Descriptor? PidFd, int Pid);

    /// <exception cref="ProgramUnavailableException">It cannot be started, or cannot work here.</exception>
    internal static Connection Start(string? configuredPath, int poolSize)
        => ProgramForms.RunFirst(configuredPath, image => Start(image, poolSize));

    private static Connection Start(GuardianImage image, int poolSize)
    {
        using GuardianImage used = image;
        ProgramUnavailableException.ThrowIfFailed(SeqPacket.CreatePair(out int requests, out int requestsTheirs), "socketpair");
        using Descriptor theirs1 = new(requestsTheirs);
        Descriptor ours = new(requests);
        Descriptor? control = null;
        try
        {
            ProgramUnavailableException.ThrowIfFailed(SeqPacket.CreatePair(out int controlOurs, out int controlTheirs), "socketpair");
            control = new Descriptor(controlOurs);
            using Descriptor theirs2 = new(controlTheirs);
            using Descriptor? host = OpenPidFd(Environment.ProcessId);

            int pid = Spawn(image.Path, poolSize, theirs1, theirs2, host);
            using Descriptor? starter = OpenPidFd(pid, orThrow: false);
            int sent = SeqPacket.Send(control.Number, new Wire.Frame(Wire.FrameType.Go, 8));
            theirs2.Dispose(); // so that its death is an end of file here
            ProgramUnavailableException.ThrowIfFailed(Reap(starter, pid), "fork of the guardian");
            ProgramUnavailableException.ThrowIfFailed(sent is Libc.EPIPE or Libc.ECONNRESET ? 0 : sent, "send"); // it has ended: told below
            return ReadHello(ours, control);
        }
        catch
        {
            ours.Dispose();
            control?.Dispose();
            throw;
        }
    }

    // Null where there are none (Linux < 5.3, or a seccomp filter). A guardian is for long: it is not to do without for a shortage.
    private static Descriptor? OpenPidFd(int pid, bool orThrow = true)
    {
        int number = (int)Libc.syscall(Libc.SYS_pidfd_open, pid, 0);
        int error = number >= 0 ? 0 : Marshal.GetLastPInvokeError();
        if (orThrow && Errno.MayPass(error))
        {
            throw new ProgramUnavailableException($"pidfd_open failed: {Errno.Describe(error)}", error);
        }

        return number >= 0 ? new Descriptor(number) : null;
    }

    private static int Spawn(string path, int poolSize, Descriptor requests, Descriptor control, Descriptor? host)
    {
        string title = string.Create(CultureInfo.InvariantCulture, $"childproc-guardian   (host {Environment.ProcessId})");
        using SpawnActions actions = new(HostNumber);
        actions.SetMask(blockAll: true);
        actions.FillStreams();
        actions.Place(requests.Number, RequestsNumber);
        actions.Place(control.Number, ControlNumber);
        if (host is not null)
        {
            actions.Place(host.Number, HostNumber);
        }
        else
        {
            actions.Close(HostNumber); // the guardian takes 5 for the host's pidfd: nothing that this process inherited may stand there
        }

        ProgramUnavailableException.ThrowIfFailed(actions.Error, "the preparation of posix_spawn");
        int error = actions.Spawn(path, [title, poolSize.ToString(CultureInfo.InvariantCulture), HostGroup.MustBeShared() ? "shared" : "own"], out int pid);
        return error == 0 ? pid : throw new FormUnavailableException($"'{path}' cannot be executed: {Errno.Describe(error)}", error);
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

    private static Connection ReadHello(Descriptor requests, Descriptor control)
    {
        Span<byte> buffer = stackalloc byte[64];
        if (!SeqPacket.Wait(control.Number, Libc.POLLIN, Environment.TickCount64 + HandshakeMilliseconds))
        {
            throw new ProgramUnavailableException("the guardian does not answer", Libc.ETIMEDOUT);
        }

        int length = SeqPacket.Receive(control.Number, buffer, out Descriptor? pidFd);
        if (length <= 0 || !Wire.TryRead(buffer[..length], out Wire.Hello hello) || hello.Frame.Type != Wire.FrameType.Hello)
        {
            pidFd?.Dispose();
            throw new FormUnavailableException("the guardian ended before it answered", 0);
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
            throw new ProgramUnavailableException($"this system lacks {missing}", hello.Error);
        }

        return new Connection(requests, control, pidFd, hello.GuardianPid);
    }
}
