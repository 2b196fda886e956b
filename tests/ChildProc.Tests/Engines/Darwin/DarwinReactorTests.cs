using ChildProc.Engines.Direct.Darwin;
using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Darwin;

/// <summary>An event reaches the entry that asked for it, or nobody.</summary>
public sealed class DarwinReactorTests
{
    [Fact(Timeout = 60_000)]
    public async Task An_event_that_was_fetched_before_its_slot_changed_hands_reaches_nobody()
    {
        ScriptedKernel kernel = new();
        using DarwinReactor reactor = DarwinReactor.Start(kernel, out int error)!;
        Assert.Equal(0, error);
        (int reads, int writes)[] pipes = [.. Enumerable.Range(0, 4).Select(_ => kernel.Pipe(out int reads, out int writes) == 0 ? (reads, writes) : default)];
        using ManualResetEventSlim held = new(), go = new();
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Entry heir = new(() => { });
        Entry second = new(() => { });
        Entry first = new(() =>
        {
            reactor.Remove(second, pipes[2].reads, DarwinAbi.EVFILT_READ); // its event is in the same batch
            Assert.Equal(0, reactor.Arm(heir, pipes[3].reads, DarwinAbi.EVFILT_READ, DarwinAbi.EV_ONESHOT));
        });
        Entry holder = new(() =>
        {
            held.Set();
            go.Wait();
        });
        Entry last = new(done.SetResult);
        Arm(holder, 0);
        held.Wait();
        kernel.Write(pipes[1].writes, "x"u8);
        kernel.Write(pipes[2].writes, "x"u8);
        Assert.Equal(0, reactor.Arm(first, pipes[1].reads, DarwinAbi.EVFILT_READ, DarwinAbi.EV_ONESHOT));
        Assert.Equal(0, reactor.Arm(second, pipes[2].reads, DarwinAbi.EVFILT_READ, DarwinAbi.EV_ONESHOT));
        int slot = second.Slot;
        go.Set();
        await Eventually.HoldsAsync(() => heir.Slot != IDarwinEntry.NotRegistered, "the slot changes hands");
        Arm(last, 0); // a later event: the batch is over
        await done.Task.WaitAsync(Eventually.Patience);
        Assert.Equal(slot, heir.Slot);
        Assert.Equal((1, 0, 0), (first.Events, second.Events, heir.Events));

        void Arm(Entry entry, int pipe)
        {
            kernel.Write(pipes[pipe].writes, "x"u8);
            Assert.Equal(0, reactor.Arm(entry, pipes[pipe].reads, DarwinAbi.EVFILT_READ, DarwinAbi.EV_ONESHOT));
        }
    }

    [Fact]
    public void A_kqueue_that_cannot_be_had_is_an_error_that_leaves_nothing()
    {
        ScriptedKernel kernel = new();
        kernel.Fail("kqueue", DarwinAbi.EMFILE);
        Assert.Null(DarwinReactor.Start(kernel, out int error));
        Assert.Equal(DarwinAbi.EMFILE, error);
        DarwinReactor.Start(kernel, out error)!.Dispose();
        Assert.Equal(0, error);
    }

    [Fact]
    public void A_kqueue_never_has_the_number_of_a_standard_stream()
    {
        ScriptedKernel kernel = new();
        kernel.CloseAt(0);
        kernel.CloseAt(1);
        DarwinReactor.Start(kernel, out int error)!.Dispose();
        Assert.Equal(0, error);
        Assert.Equal(3, kernel.CallsNow.Count(static call => call == "kqueue"));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_error_that_passes_is_waited_out_and_loses_no_event()
    {
        ScriptedKernel kernel = new();
        kernel.Fail("events", DarwinAbi.ENOMEM, DarwinAbi.ENOMEM, DarwinAbi.ENOMEM);
        using DarwinReactor reactor = DarwinReactor.Start(kernel, out _)!;
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.Equal(0, kernel.Pipe(out int reads, out int writes));
        Assert.Equal(0, reactor.Arm(new Entry(done.SetResult), reads, DarwinAbi.EVFILT_READ, DarwinAbi.EV_ONESHOT));
        kernel.Write(writes, "x"u8);
        await done.Task.WaitAsync(Eventually.Patience);
        Assert.Equal([1_000, 2_000, 4_000], kernel.Pauses);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_kqueue_that_the_host_closes_hides_no_exit()
    {
        await using DarwinBench bench = new();
        bench.Kernel.Fail("events", 0, DarwinAbi.EBADF);
        DarwinTree tree = bench.Start();
        ScriptedProcess other = bench.Kernel.Fork(tree.Id); // an event, after which it waits for the next
        await Eventually.HoldsAsync(() => bench.Kernel.CallsNow.Count(static call => call == "events") > 1, "it has failed");
        bench.Kernel.Exit(other.Pid, 0);
        bench.Kernel.Exit(tree.Id, 0);
        Assert.True((await DarwinBench.EndOf(tree)).IsSuccess);
        tree.Close();
    }

    private sealed class Entry(Action onEvent) : IDarwinEntry
    {
        private int _events;

        public int Slot { get; set; } = IDarwinEntry.NotRegistered;

        internal int Events => Volatile.Read(ref _events);

        public void OnEvent(in DarwinAbi.Kevent64 change)
        {
            Interlocked.Increment(ref _events);
            onEvent();
        }
    }
}
