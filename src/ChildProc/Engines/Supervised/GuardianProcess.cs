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
            using Descriptor? host = OpenOwnPidFd();

            int pid = Spawn(image.Path, poolSize, theirs1, theirs2, host);
            using Descriptor? starter = PidFd.Open(pid); // so that no other child is ever taken for it; null where pidfds are refused
            int sent = SeqPacket.Send(control.Number, new Wire.Frame(Wire.FrameType.Go, 8));
            theirs2.Dispose(); // so that its death is an end of file here
            long deadline = Environment.TickCount64 + HandshakeMilliseconds;
            int? code = Newborn.Bury(pid, starter, sent == 0 ? HandshakeMilliseconds : 0);
            if (code is null && Environment.TickCount64 >= deadline)
            {
                throw new ProgramUnavailableException("the guardian does not fork", Libc.ETIMEDOUT); // else somebody else in the host has reaped it
            }

            if (code is not (null or 0))
            {
                // The errno of its fork, or whatever an emulator says that could not open this form of the program.
                throw Errno.MayPass(code.Value)
                    ? new ProgramUnavailableException($"the guardian cannot fork: {Errno.Describe(code.Value)}", code.Value)
                    : new FormUnavailableException($"the guardian ended with exit code {code}", code.Value);
            }

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
    private static Descriptor? OpenOwnPidFd()
    {
        Descriptor? pidFd = PidFd.Open(Environment.ProcessId);
        int error = pidFd is null ? Marshal.GetLastPInvokeError() : 0;
        ProgramUnavailableException.ThrowIfFailed(Errno.MayPass(error) ? error : 0, "pidfd_open");
        return pidFd;
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

    private static Connection ReadHello(Descriptor requests, Descriptor control)
    {
        Span<byte> buffer = stackalloc byte[64];
        int length = SeqPacket.Receive(control.Number, buffer, Environment.TickCount64 + HandshakeMilliseconds, out Descriptor? pidFd);
        if (length == -Libc.EAGAIN)
        {
            throw new ProgramUnavailableException("the guardian does not answer", Libc.ETIMEDOUT);
        }

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
