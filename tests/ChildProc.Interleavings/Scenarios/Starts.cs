using ChildProc.Engines.Supervised;
using ChildProc.Interleavings.Scheduling;
using ChildProc.Interleavings.Substitutes;
using ChildProc.Interop;

namespace ChildProc.Interleavings.Scenarios;

/// <summary>Starts, and what ends them.</summary>
internal static class Starts
{
    /// <summary>An answer, the deadline, a cancellation, or a guardian that can make no supervisor.</summary>
    internal static void A_start_ends_by_whichever_comes_first() => Begin((host, tree, lifetime) =>
    {
        tree.ListenForStart();
        Assert.True(host.Session.TryAdd(tree));
        _ = Host.Wait(tree.WaitForStartAsync(Scheduler.Current!.Now + 50, lifetime));
    });

    /// <summary>As above, of a start that blocks.</summary>
    internal static void A_blocking_start_ends_by_whichever_comes_first() => Begin(static (host, tree, lifetime) =>
    {
        Assert.True(host.Session.TryAdd(tree));
        tree.WaitForStart(Scheduler.Current!.Now + 50);
    });

    private static void Begin(Action<Host, SupervisedTree, CancellationToken> begin)
    {
        Host host = new();
        using CancellationTokenSource lifetime = new();
        (SupervisedTree tree, Supervisor supervisor) = host.Begin();
        int how = Scheduler.Current!.Choose(4);
        bool isBegun = false;
        host.Go("starts", () =>
        {
            begin(host, tree, lifetime.Token);
            isBegun = true;
            if (tree.State == SupervisedTree.StartState.Running && tree.AbortError == 0)
            {
                LocalChildProcess child = new(Host.Info, tree, null, null, CancellationToken.None);
                GC.SuppressFinalize(child);
                Assert.Equal(3, child.WaitForExit().Code); // what was accepted is not given up any more
                child.Dispose();
            }
            else
            {
                tree.Abort();
            }
        });
        if (how < 3)
        {
            host.Go("supervisor", () =>
            {
                supervisor.Start();
                Scheduler.Block("the start", () => isBegun);
                Substitutes.Thread.Sleep(1); // so long that everybody is through with what concerns the start
                supervisor.Exit(3, atOnce: how == 0);
            });
        }

        host.Go("guardian", () => host.Guardian.Send(Peer.Frame(new Wire.PoolFailed { Frame = new Wire.Frame(Wire.FrameType.PoolFailed, 16), Error = Libc.EAGAIN })));
        host.Go("cancels", lifetime.Cancel);
        host.Join();
        Assert.Empty(host.Session.Trees());
    }

    /// <summary>The lifetime ends while the child exits and its owner waits, and disposes it.</summary>
    internal static void A_lifetime_ends_beside_the_exit_and_the_disposal()
    {
        Host host = new();
        Scheduler scheduler = Scheduler.Current!;
        using CancellationTokenSource lifetime = new();
        (LocalChildProcess child, Supervisor supervisor) = host.Start(lifetime.Token);
        bool exits = scheduler.Choose(2) == 0;
        host.Go("owner", () =>
        {
            Cancelled(() => Assert.Equal(3, child.WaitForExit().Code), lifetime.Token);
            child.Dispose();
        });
        host.Go("awaits", () => Cancelled(() => Assert.Equal(3, Host.Wait(child.WaitForExitAsync()).Code), lifetime.Token));
        host.Go("supervisor", () =>
        {
            if (exits)
            {
                supervisor.Exit(3);
            }
            else
            {
                supervisor.Obey();
            }
        });
        host.Go("cancels", lifetime.Cancel);
        host.Join();
        Assert.Empty(host.Session.Trees());
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
        catch (ChildProcessTreeException e) when (e.Fault == TreeFault.NotEmpty)
        {
            // the time of the kill was over before the supervisor had its turn
        }
    }
}
