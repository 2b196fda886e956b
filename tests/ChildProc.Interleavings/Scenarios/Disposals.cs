using ChildProc.Interleavings.Scheduling;

namespace ChildProc.Interleavings.Scenarios;

/// <summary>The tree of a child that is disposed serves the next one.</summary>
internal static class Disposals
{
    /// <summary>Every property says of a child what it said before.</summary>
    internal static void Properties_stay_the_same_beside_a_disposal()
    {
        Host host = new();
        (LocalChildProcess child, Supervisor supervisor) = host.Start();
        supervisor.Exit(3);
        Assert.Equal(3, child.WaitForExit().Code);
        DateTimeOffset started = child.StartTime;
        host.Go("disposes", () =>
        {
            child.Dispose();
            (LocalChildProcess next, Supervisor another) = host.Start();
            another.Exit(4);
            Assert.Equal(4, next.WaitForExit().Code);
            next.Dispose();
        });
        host.Go("reads", () =>
        {
            Assert.Equal(supervisor.ChildPid, child.Id);
            Assert.InRange(started - child.StartTime, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
            Assert.Equal(3, child.Exit?.Code);
        });
        host.Go("reads, too", () =>
        {
            Assert.InRange(started - child.StartTime, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
            Assert.Same(Host.Info, child.StartInfo);
            Assert.Equal(Containment.Supervised, child.Containment);
            Assert.True(child.HasExited);
        });
        host.Go("waits", () => Assert.Equal(3, child.WaitForExit().Code));
        host.Go("awaits", () => Assert.Equal(3, Host.Wait(child.WaitForExitAsync()).Code));
        host.Join();
    }

    /// <summary>Whatever a stale owner calls, nobody tells the next child's supervisor anything.</summary>
    internal static void A_stale_owner_never_reaches_the_next_child()
    {
        Host host = new();
        (LocalChildProcess child, Supervisor supervisor) = host.Start();
        supervisor.Exit(3);
        Assert.Equal(3, child.WaitForExit().Code);
        host.Go("kills", () =>
        {
            child.Kill();
            child.Signal(ChildSignal.Terminate, SignalScope.Tree);
        });
        host.Go("stops", () => Host.Wait(child.StopAsync()));
        host.Go("disposes, too", child.Dispose);
        host.Go("disposes", () =>
        {
            Host.Wait(child.DisposeAsync());
            for (int i = 4; i < 6; i++)
            {
                (LocalChildProcess next, Supervisor another) = host.Start();
                Assert.False(next.WaitForExit(TimeSpan.FromMilliseconds(1), out _));
                another.Exit(i);
                Assert.Equal(i, next.WaitForExit().Code);
                Assert.Empty(another.Peer.Unread);
                next.Dispose();
            }
        });
        host.Join();
        Assert.Empty(host.Session.Trees());
    }

    /// <summary>Several children at once, of few trees.</summary>
    internal static void Trees_change_hands_and_every_status_is_right()
    {
        Host host = new();
        for (int i = 0; i < 3; i++)
        {
            int code = i * 10;
            host.Go($"owner {i}", () =>
            {
                for (int round = 0; round < 3; round++)
                {
                    int status = code + round;
                    (LocalChildProcess child, Supervisor supervisor) = host.Start();
                    host.Go("supervisor", () => supervisor.Exit(status, atOnce: status % 2 == 0));
                    Assert.Equal(status, child.WaitForExit().Code);
                    Assert.Equal(supervisor.ChildPid, child.Id);
                    child.Dispose();
                    Assert.Equal((supervisor.ChildPid, status), (child.Id, child.Exit?.Code));
                }
            });
        }

        host.Join();
        Assert.Empty(host.Session.Trees());
    }

    /// <summary>A forgotten child's tree is given up while its supervisor tells news, and the guardian may die.</summary>
    internal static void A_forgotten_child_is_given_up()
    {
        Host host = new();
        (LocalChildProcess child, Supervisor supervisor) = host.Start();
        Scheduler scheduler = Scheduler.Current!;
        host.Go("finalizer", () => Finalize(child));
        host.Go("supervisor", () =>
        {
            if (scheduler.Choose(2) == 0)
            {
                supervisor.Exit(3, atOnce: false);
            }
            else
            {
                supervisor.Obey();
            }
        });
        if (scheduler.Choose(2) == 0)
        {
            host.Go("guardian", host.Guardian.Close);
        }

        host.Join();
        Assert.True(supervisor.Peer.IsAtEnd);
        Assert.Empty(host.Session.Trees());
    }

    private static void Finalize(LocalChildProcess child)
        => typeof(LocalChildProcess).GetMethod("Finalize", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!
            .CreateDelegate<Action>(child)();
}
