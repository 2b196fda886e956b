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
    internal static string? WhyMissing(string? configuredPath) => configuredPath is null ? ProgramForms.WhyMissing() : null;

    /// <summary>Makes it, and tries it out.</summary>
    /// <param name="configuredPath">The program on disk; null: the one in the library.</param>
    /// <exception cref="ProgramUnavailableException">It cannot be used, now or at all.</exception>
    internal static ChildProgram Open(string? configuredPath) => ProgramForms.RunFirst(configuredPath, static image =>
    {
        ChildProgram program = new(image);
        try
        {
            program.TryOut();
            return program;
        }
        catch
        {
            program.Dispose();
            throw;
        }
    });

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

        actions.FillStreams();
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
    private void TryOut()
    {
        int error = Spawn(Hold.Group, out int pid, out Descriptor channel);
        if (error != 0)
        {
            throw new FormUnavailableException($"'{_image.Path}' cannot be executed: {Errno.Describe(error)}", error);
        }

        using Descriptor? pidFd = PidFd.Open(pid);
        long deadline = Environment.TickCount64 + PatienceMilliseconds;
        Span<byte> answer = stackalloc byte[64];
        bool works, answered;
        using (channel)
        {
            _ = SeqPacket.Send(channel.Number, new Wire.Frame(Wire.FrameType.Go, 8));
            int length = SeqPacket.Receive(channel.Number, answer, deadline, out _);
            answered = length != -Libc.EAGAIN;
            works = length > 0
                && Wire.TryRead(answer[..length], out Wire.Failed failed) && failed.Frame.Type == Wire.FrameType.Failed;
        }

        Newborn.Bury(pid, pidFd, works ? PatienceMilliseconds : 0);
        if (!answered)
        {
            throw new ProgramUnavailableException("what is executed does not answer", Libc.ETIMEDOUT);
        }

        if (!works)
        {
            throw new FormUnavailableException("what is executed ended before it answered", 0);
        }
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
