using ChildProc.Diagnostics;
using ChildProc.Telemetry;

namespace ChildProc.Engines;

/// <content>How a tree is brought to its end, and how its end is waited for.</content>
internal abstract partial class ProcessTree
{
    /// <summary>How long a kill may take before the wait for it is given up and reported.</summary>
    internal static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(10);

    private Task? _stop;

    /// <summary>Kills the tree and waits until it is empty.</summary>
    /// <exception cref="ChildProcessTreeException">It is not, after <see cref="KillTimeout"/>.</exception>
    internal async Task KillAndWaitAsync()
    {
        if (IsEmpty && !IsLost)
        {
            return;
        }

        Kill();
        try
        {
            await WhenEmpty().WaitAsync(KillTimeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            if (!IsEmpty)
            {
                throw NotEmpty();
            }

            await WhenEmpty().ConfigureAwait(false); // a busy thread pool ran the timer before the news
        }
    }

    /// <summary>As <see cref="KillAndWaitAsync"/>, without the help of the thread pool, whose threads may all be here.</summary>
    internal void KillAndWait()
    {
        if (IsEmpty && !IsLost)
        {
            return;
        }

        Kill();
        if (!Wait(untilEmpty: true, Deadline.After(KillTimeout)))
        {
            throw NotEmpty();
        }

        if (_emptyFault is { } fault)
        {
            throw new ChildProcessTreeException(fault);
        }
    }

    /// <summary>Signal, grace, kill; returns when the tree is empty. True when the grace was cut short.</summary>
    internal async Task<bool> StopAsync(StopPolicy policy, CancellationToken cutGrace)
    {
        NoteStop(StopReason.Stop);
        bool cut = false;
        if (policy.Grace > TimeSpan.Zero && policy.Signal.Number != 0
            && await WhenCanSend(policy.Signal, policy.Grace).ConfigureAwait(false) && Signal(policy.Signal, policy.Scope))
        {
            TellStep(StopStep.Signalled);
            if (!OperatingSystem.IsWindows() && await WhenCanSend(ChildSignal.Continue, policy.Grace).ConfigureAwait(false))
            {
                Signal(ChildSignal.Continue, policy.Scope); // a stopped process sees no other signal than KILL
            }

            Task done = policy.Scope == SignalScope.Tree ? WhenEmpty() : WhenExited();
            await done.WaitAsync(Deadline.Whole(policy.Grace), cutGrace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cut = !done.IsCompleted && cutGrace.IsCancellationRequested;
            TellStep(done.IsCompleted ? StopStep.Ended : cut ? StopStep.GraceCut : StopStep.GraceOver);
        }

        await KillAndWaitAsync().ConfigureAwait(false);
        _ = await WhenExited().ConfigureAwait(false);
        TellStep(StopStep.Empty);
        TellEnd();
        return cut;
    }

    /// <summary>The lifetime token was cancelled. A child that exited by itself has won.</summary>
    internal void CancelByLifetime()
    {
        _ = HasExited; // news that nobody has read yet
        lock (_gate)
        {
            if (_hasExited || _canceled)
            {
                return;
            }

            _canceled = true;
        }

        NoteStop(StopReason.Cancellation);

        // Logged where it arises; those who wait for the child see it, too.
        _ = StopOnceAsync().ContinueWith(static t => _ = t.Exception, TaskScheduler.Default);
    }

    /// <summary>The stop that the cancelled lifetime asked for, grace and all; the same one for everybody.</summary>
    internal Task StopOnceAsync()
    {
        lock (_gate)
        {
            return _stop ??= Task.Run(() => StopAsync(StopPolicy, CancellationToken.None)); // its requests are not made under the gate
        }
    }

    private ChildProcessTreeException NotEmpty()
    {
        string[] remaining = DescribeMembers();
        Log.NotEmpty(Logger, Id, string.Join("; ", remaining));
        LeakTelemetry.NotEmpty(Id, remaining.Length);
        return new ChildProcessTreeException(TreeFault.NotEmpty, remaining);
    }
}
