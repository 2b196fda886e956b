using System.Globalization;
using System.Runtime.Versioning;
using ChildProc.Diagnostics;
using ChildProc.Interop;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChildProc.Engines.Direct;

/// <summary>Kills the groups that are left when the host is gone: one <see cref="WatchdogShell"/> per host process, which reads their numbers from a pipe.</summary>
/// <remarks>
/// A group is told before its child runs, and forgotten when it is empty. A shell that has died is replaced with the next group, and
/// told all that is alive. The reactor forgets: so <see cref="s_gate"/> is held for a write that does not wait, and for no more. Whoever
/// has to wait for room, or starts a shell, holds <see cref="s_renewing"/>, which is taken first.
/// </remarks>
[SupportedOSPlatform("linux")]
internal static class Watchdog
{
    private const int RoomMilliseconds = 2_000;

    private static readonly Lock s_gate = new();
    private static readonly Lock s_renewing = new();
    private static readonly WatchdogBook s_book = new();
    private static WatchdogShell? s_shell;
    private static ILogger s_logger = NullLogger.Instance; // hears of a shell that has died

    /// <summary>Adds the descriptors that the host holds of it.</summary>
    internal static void AddKeptDescriptors(List<int> descriptors)
    {
        lock (s_gate)
        {
            s_shell?.AddDescriptors(descriptors);
        }
    }

    /// <summary>From here on the target dies with the host. 0, or the errno that kept the shell from starting: then it does not.</summary>
    /// <param name="target">A pid, or a group as a negative number.</param>
    /// <param name="ownerLost">What it gets before that; null: nothing.</param>
    /// <param name="logger">Hears of a shell that has died.</param>
    internal static int Add(int target, StopPolicy? ownerLost, ILogger logger)
    {
        lock (s_gate)
        {
            s_logger = logger;
            s_book.Add(target, Line(target, ownerLost));
            if (s_shell is not null && s_book.Tell(s_shell.TryTell) == 0)
            {
                return 0;
            }
        }

        int error = TellAll();
        if (error != 0)
        {
            Forget(target);
        }

        return error;
    }

    /// <summary>The target is gone, or free to live on: to be called before its number is free. Never waits.</summary>
    internal static void Forget(int target)
    {
        lock (s_gate)
        {
            if (!s_book.Remove(target) || s_shell is null
                || s_shell.TryTell(string.Create(CultureInfo.InvariantCulture, $"-{target}\n")) != Libc.EAGAIN)
            {
                return; // a dead one has forgotten all
            }

            // It does not read, and would one day kill whoever has the number then.
            Lose(s_shell);
            if (s_book.IsEmpty)
            {
                return;
            }
        }

        _ = OwnThread.TryRun("ChildProc watchdog", TellAll); // where there is no thread left, the next start does it
    }

    private static string Line(int target, StopPolicy? ownerLost)
    {
        if (ownerLost is null || ownerLost.Grace <= TimeSpan.Zero || ownerLost.Signal.Number == 0)
        {
            return string.Create(CultureInfo.InvariantCulture, $"+{target}\n");
        }

        int whom = ownerLost.Scope == SignalScope.Child ? Math.Abs(target) : target;
        long tenths = (long)Math.Ceiling(ownerLost.Grace.TotalMilliseconds / 100);
        return string.Create(CultureInfo.InvariantCulture, $"+{target}:{ownerLost.Signal.Number}:{tenths}:{whom}\n");
    }

    // 0: the shell knows all that is alive, which may be another shell by then; or the errno that kept that from starting.
    private static int TellAll()
    {
        lock (s_renewing)
        {
            for (bool isNew = false; ; isNew = true)
            {
                int error;
                WatchdogShell? shell;
                long deadline = Environment.TickCount64 + RoomMilliseconds;
                while ((error = Tell(out shell)) == Libc.EAGAIN && shell!.WaitForRoom(deadline))
                {
                    // it reads
                }

                if (error == 0 || isNew || (error = Renew(shell)) != 0)
                {
                    return error;
                }
            }
        }
    }

    private static int Tell(out WatchdogShell? shell)
    {
        lock (s_gate)
        {
            shell = s_shell;
            return shell is null ? Libc.EPIPE : s_book.Tell(shell.TryTell);
        }
    }

    // Meanwhile what is alive is added and forgotten without a shell.
    private static int Renew(WatchdogShell? old)
    {
        lock (s_gate)
        {
            if (old is not null && old == s_shell)
            {
                Lose(old);
            }
        }

        int error = WatchdogShell.Start(out WatchdogShell? shell);
        lock (s_gate)
        {
            s_shell = shell;
        }

        return error;
    }

    // Under the gate.
    private static void Lose(WatchdogShell shell)
    {
        Log.WatchdogLost(s_logger, shell.Pid);
        shell.End();
        s_shell = null;
        s_book.BeginAnew();
    }
}
