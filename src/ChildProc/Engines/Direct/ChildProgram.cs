using System.Runtime.Versioning;
using ChildProc.Diagnostics;
using ChildProc.Engines.Supervised;
using ChildProc.Interop;

namespace ChildProc.Engines.Direct;

/// <summary>The library's own program in its role as a child that waits for its request: src/ChildProc.Guardian/direct.h.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ChildProgram : IDisposable
{
    private const int ChannelNumber = 3, PatienceMilliseconds = 10_000;
    private readonly GuardianImage _image;
    private readonly Lock _using = new();
    private int _users = 1; // the owner

    private ChildProgram(GuardianImage image) => _image = image;

    /// <inheritdoc cref="GuardianImage.Number"/>
    internal int? Number => _image.Number;

    /// <summary>Why there is none, whatever is tried; or null.</summary>
    internal static string? WhyMissing(string? configuredPath) => configuredPath is null ? GuardianImage.WhyMissing() : null;

    /// <summary>Makes it and tries it out. 0, or the errno of what may be better at another time.</summary>
    /// <param name="configuredPath">The program on disk; null: the one in the library.</param>
    /// <param name="program">It, when it can be used.</param>
    /// <param name="reason">Why it cannot, now or later.</param>
    internal static int Open(string? configuredPath, out ChildProgram? program, out string reason)
    {
        program = null;
        reason = "";
        try
        {
            program = new ChildProgram(GuardianImage.Open(configuredPath));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            reason = $"it cannot be written: {e.Message}";
            return 0;
        }

        int error = program.TryOut(out bool works);
        if (error != 0 || !works)
        {
            program.Dispose();
            program = null;
            reason = error != 0 ? $"it cannot be executed: {Errno.Describe(error)}" : "what is executed does not answer";
        }

        return error is Libc.EAGAIN or Libc.ENOMEM or Libc.EMFILE or Libc.ENFILE ? error : 0;
    }

    /// <summary>Starts it. 0 with the host's end of its channel, or errno.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed; not while this runs.</exception>
    internal int Spawn(Hold hold, out int pid, out Descriptor channel)
    {
        lock (_using)
        {
            ObjectDisposedException.ThrowIf(_users == 0, typeof(IChildProcessHost));
            _users++;
        }

        try
        {
            return SpawnHeld(hold, out pid, out channel);
        }
        finally
        {
            Release();
        }
    }

    // The path may be a descriptor's number, which would be another file's if it were closed by now.
    private int SpawnHeld(Hold hold, out int pid, out Descriptor channel)
    {
        pid = 0;
        channel = null!;
        int error = SeqPacket.CreatePair(out int ours, out int other);
        if (error != 0)
        {
            return error;
        }

        using Descriptor theirs = new(other);
        Descriptor own = new(ours);
        using SpawnActions actions = new(ChannelNumber);
        actions.SetMask(blockAll: true); // a Ctrl-Z that is meant for the host's group must not stop it half-way (trap 5)
        if (hold == Hold.Group)
        {
            actions.NewGroup(); // it is there when posix_spawn returns, so the watchdog can be told
        }
        else if (hold == Hold.Session)
        {
            actions.NewSession();
        }

        for (int i = 0; i < ChannelNumber; i++)
        {
            actions.OpenNull(i);
        }

        actions.Place(theirs.Number, ChannelNumber);
        error = actions.Spawn(_image.Path, ["childproc-child", hold == Hold.Child ? "detach" : "exec"], out pid);
        if (error != 0)
        {
            own.Dispose();
            return error;
        }

        channel = own;
        return 0;
    }

    // Asked for nonsense it says so; another program, or a policy that ends it, does not.
    private int TryOut(out bool works)
    {
        works = false;
        int error = Spawn(Hold.Group, out int pid, out Descriptor channel);
        if (error != 0)
        {
            return error;
        }

        using Descriptor? pidFd = PidFd.Open(pid);
        long deadline = Environment.TickCount64 + PatienceMilliseconds;
        Span<byte> answer = stackalloc byte[64];
        using (channel)
        {
            _ = SeqPacket.Send(channel.Number, new Wire.Frame(Wire.FrameType.Go, 8));
            works = SeqPacket.Wait(channel.Number, Libc.POLLIN, deadline)
                && SeqPacket.Receive(channel.Number, answer) is > 0 and int length
                && Wire.TryRead(answer[..length], out Wire.Failed failed) && failed.Frame.Type == Wire.FrameType.Failed;
        }

        if (pidFd is not null)
        {
            if (!works)
            {
                _ = PidFd.Signal(pidFd.Number, Libc.SIGKILL, PidFd.Process);
            }

            SeqPacket.Wait(pidFd.Number, Libc.POLLIN, deadline);
            _ = PidFd.Wait(pidFd.Number, keep: false, out _);
        }

        return 0;
    }

    private void Release()
    {
        lock (_using)
        {
            if (--_users == 0)
            {
                _image.Dispose();
            }
        }
    }

    /// <summary>Once. Spawns under way end as they would have.</summary>
    public void Dispose() => Release();
}
