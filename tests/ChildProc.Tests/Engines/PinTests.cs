using ChildProc.Engines;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChildProc.Tests.Engines;

/// <summary>The rule by which a tree is used again: not before the last call is out of it, and under a new version.</summary>
public sealed class PinTests
{
    [Fact]
    public void An_old_version_reaches_nobody_once_the_owner_is_done()
    {
        CountedTree tree = new();
        int version = tree.Version;
        Assert.True(tree.TryPin(version));
        tree.Unpin();
        tree.Unpin(); // the owner's
        Assert.Equal(1, tree.TimesOver);
        Assert.False(tree.TryPin(version));
        Assert.False(tree.TryPin());

        tree.Again();
        Assert.False(tree.TryPin(version));
        Assert.True(tree.TryPin(tree.Version));
        Assert.NotEqual(version, tree.Version);
    }

    [Fact]
    public void Every_use_has_a_version_of_its_own()
    {
        CountedTree tree = new();
        List<int> versions = [];
        for (int use = 0; use < 10; use++)
        {
            Assert.DoesNotContain(versions, tree.TryPin);
            versions.Add(tree.Version);
            tree.Unpin(); // the owner's
            tree.Again();
        }

        Assert.Equal(Enumerable.Range(0, 10), versions);
    }

    [Fact]
    public void Whoever_is_in_a_call_keeps_the_tree_from_the_next_child()
    {
        CountedTree tree = new();
        Assert.True(tree.TryPin(tree.Version));
        Assert.True(tree.TryPin());
        tree.Unpin();
        tree.Unpin();
        Assert.Equal(0, tree.TimesOver);
        tree.Unpin();
        Assert.Equal(1, tree.TimesOver);
    }

    [Fact(Timeout = 60_000)]
    public async Task Of_many_threads_exactly_one_takes_the_last_pin_away()
    {
        CountedTree tree = new();
        using Barrier barrier = new(4);
        Task[] threads = [.. Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                for (int round = 0; round < 2000; round++)
                {
                    int version = tree.Version;
                    barrier.SignalAndWait();
                    for (int i = 0; i < 5; i++)
                    {
                        if (tree.TryPin(version))
                        {
                            Assert.Equal(version, tree.Version);
                            tree.Unpin();
                        }
                    }

                    if (tree.TryBeginTakeBack())
                    {
                        tree.Unpin();
                    }

                    barrier.SignalAndWait();
                    if (tree.TimesOver == round + 1 && Interlocked.Exchange(ref tree.Winner, round + 1) == round)
                    {
                        tree.Again();
                    }

                    barrier.SignalAndWait();
                }
            },
            TaskCreationOptions.LongRunning))];
        await Task.WhenAll(threads);
        Assert.Equal(2000, tree.TimesOver);
    }

    [Fact]
    public void Only_the_first_disposal_takes_a_tree_back()
    {
        CountedTree tree = new();
        Assert.True(tree.TryBeginTakeBack());
        Assert.False(tree.TryBeginTakeBack());
    }

    private sealed class CountedTree() : ProcessTree(NullLogger.Instance)
    {
        internal int Winner;
        private int _timesOver;

        internal int TimesOver => Volatile.Read(ref _timesOver);

        internal override Containment Containment => Containment.None;

        internal void Again() => PinAgain();

        protected override void OnUnpinned() => Interlocked.Increment(ref _timesOver);

        protected override bool Send(ChildSignal signal, SignalScope scope) => false;

        protected override void SendKill()
        {
        }

        internal override void Release()
        {
        }

        internal override void Abandon()
        {
        }

        internal override List<int> Members() => [];

        internal override void Close()
        {
        }
    }
}
