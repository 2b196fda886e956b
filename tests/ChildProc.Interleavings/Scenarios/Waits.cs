using ChildProc.Engines;
using ChildProc.Interleavings.Scheduling;
using ChildProc.Interleavings.Substitutes;

namespace ChildProc.Interleavings.Scenarios;

/// <summary>Waits of all kinds for one child.</summary>
internal static class Waits
{
    internal static void Everybody_hears_of_the_exit()
    {
        Host host = new();
        (LocalChildProcess child, Supervisor supervisor) = host.Start();
        using CancellationTokenSource cancel = new();
        host.Go("blocks", () => Assert.Equal(3, child.WaitForExit().Code));
        host.Go("blocks for a time", () => Assert.True(!child.WaitForExit(TimeSpan.FromMilliseconds(5), out ExitStatus status) || status.Code == 3));
        host.Go("awaits", () => Assert.Equal(3, Host.Wait(child.WaitForExitAsync()).Code));
        host.Go("awaits until it is cancelled", () => Cancelled(() => Assert.Equal(3, Host.Wait(child.WaitForExitAsync(cancel.Token)).Code), cancel.Token));
        host.Go("awaits the tree", () => Host.Wait(child.WaitForTreeAsync()));
        host.Go("cancels", cancel.Cancel);
        host.Go("looks", () => _ = child.HasExited || child.Exit is null);
        host.Go("supervisor", () => supervisor.Exit(3, atOnce: Scheduler.Current!.Choose(2) == 0));
        host.Join();
        child.Dispose();
    }

    /// <summary>Now and then the kernel refuses to add a lifeline to the epoll.</summary>
    internal static void A_refused_reactor_leaves_nobody_asleep()
    {
        Host host = new();
        (LocalChildProcess child, Supervisor supervisor) = host.Start();
        Scheduler scheduler = Scheduler.Current!;
        Kernel.RefusesToListen = () => scheduler.Choose(2) == 0;
        host.Go("blocks for a time", () => child.WaitForExit(TimeSpan.FromMilliseconds(5), out _));
        host.Go("blocks", () => Assert.Equal(3, child.WaitForExit().Code));
        host.Go("awaits", () => Refused(() => Assert.Equal(3, Host.Wait(child.WaitForExitAsync()).Code)));
        host.Go("awaits, too", () => Refused(() => Assert.Equal(3, Host.Wait(child.WaitForExitAsync()).Code)));
        host.Go("awaits the tree", () => Refused(() => Host.Wait(child.WaitForTreeAsync())));
        host.Go("supervisor", () => supervisor.Exit(3));
        host.Join();
        child.Dispose();
    }

    /// <summary>The kernel refuses always, and the child does not exit: whoever waits by a task is told, when nobody reads for him any more.</summary>
    internal static void A_refusal_is_told_to_who_waits_by_a_task()
    {
        Host host = new();
        (LocalChildProcess child, Supervisor supervisor) = host.Start();
        Kernel.RefusesToListen = static () => true;
        host.Go("blocks for a time", () => Assert.False(child.WaitForExit(TimeSpan.FromMilliseconds(5), out _)));
        host.Go("looks", () => Assert.False(child.HasExited));
        host.Go("awaits", () => Assert.Throws<IOException>(() => Host.Wait(child.WaitForExitAsync())));
        host.Go("awaits, too", () => Assert.Throws<IOException>(() => Host.Wait(child.WaitForExitAsync())));
        host.Go("awaits the tree", () => Assert.Throws<IOException>(() => Host.Wait(child.WaitForTreeAsync())));
        host.Join();
        host.Go("supervisor", supervisor.Obey);
        child.Dispose();
        host.Join();
    }

    /// <summary>One wait is over by time, news or cancellation; another begins with the same object.</summary>
    internal static void A_late_end_of_a_wait_spares_the_next_one()
    {
        Host host = new();
        Scheduler scheduler = Scheduler.Current!;
        using CancellationTokenSource cancel = new();
        ReusableWait? first = null, second = null;
        host.Go("waits twice", () =>
        {
            first = ReusableWait.Rent();
            ValueTask<bool> wait = first.Begin(scheduler.Now + 5, cancel.Token);
            Scheduler.Point("begun");
            _ = Host.Wait(wait);
            first.Return();
            ReusableWait next = ReusableWait.Rent();
            Assert.Same(first, next);
            wait = next.Begin(long.MaxValue, CancellationToken.None);
            second = next;
            Assert.True(Host.Wait(wait));
            next.Return();
        });
        host.Go("has news", () =>
        {
            Scheduler.Block("the first", () => first is not null);
            first!.Set();
        });
        host.Go("has news of the second", () =>
        {
            Scheduler.Block("the second", () => second is not null);
            second!.Set();
        });
        host.Go("cancels", cancel.Cancel);
        host.Join();
    }

    /// <summary>The supervisor, stopped for example, answers nothing: the disposal gives up, and so does everybody else.</summary>
    internal static void A_disposal_that_gives_up_wakes_every_wait()
    {
        Host host = new();
        (LocalChildProcess child, Supervisor supervisor) = host.Start();
        host.Go("blocks", () => child.WaitForExit());
        host.Go("awaits", () => Host.Wait(child.WaitForExitAsync()));
        host.Go("awaits the tree", () => Assert.ThrowsAny<Exception>(() => Host.Wait(child.WaitForTreeAsync())));
        host.Go("disposes", child.Dispose);
        host.Join();
        Assert.True(supervisor.Peer.IsAtEnd);
    }

    private static void Refused(Action wait)
    {
        try
        {
            wait();
        }
        catch (IOException)
        {
        }
    }

    private static void Cancelled(Action wait, CancellationToken token)
    {
        try
        {
            wait();
        }
        catch (OperationCanceledException e) when (e.CancellationToken == token)
        {
        }
    }
}
