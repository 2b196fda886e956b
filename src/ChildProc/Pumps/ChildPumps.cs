using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using ChildProc.Diagnostics;
using ChildProc.Pipes;
using ChildProc.Stdio;
using Microsoft.Extensions.Logging;

namespace ChildProc.Pumps;

/// <summary>The standard streams of one child that the library serves itself.</summary>
/// <remarks>It never refers to the caller's object, so a forgotten child can be collected while its output is copied.</remarks>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "The sources hold nothing but a timer that ends by itself.")]
internal sealed class ChildPumps(ChildStdio? input, OutputTarget? output, OutputTarget? error)
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _stopInput = new();
    private Task _done = Task.CompletedTask;

    /// <summary>Completes when all streams are done; fails as soon as a callback or stream of the caller has thrown, with that.</summary>
    internal Task Done => _done;

    /// <summary>The child ended before it had taken all of its input.</summary>
    internal bool InputIncomplete { get; private set; }

    internal PipeReader? OutputReader => output?.Reader;

    internal PipeReader? ErrorReader => error?.Reader;

    internal void Begin(ChildPipes pipes, ILogger logger, int pid)
    {
        _done = AllOrFirstFaultAsync(
            Watch(input is null ? Task.CompletedTask : FeedAsync(pipes.Input!), "input"),
            Watch(output is null ? Task.CompletedTask : OutputPump.RunAsync(pipes.Output!, output, _stop.Token), "output"),
            Watch(error is null ? Task.CompletedTask : OutputPump.RunAsync(pipes.Error!, error, _stop.Token), "error"));
        _ = _done.ContinueWith(static done => _ = done.Exception, TaskScheduler.Default); // logged below, whoever awaits it

        async Task Watch(Task pump, string stream)
        {
            try
            {
                await pump.ConfigureAwait(false);
            }
            catch (Exception e) when (_stop.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException)
            {
                // given up with the child
            }
            catch (Exception e)
            {
                Log.PumpFailed(logger, e, stream, pid);
                throw;
            }
        }
    }

    /// <summary>The child has exited: its input is of no use any more, unless a descendant reads it.</summary>
    internal void OnExited(PipeEnd? inputPipe, TimeSpan drainTimeout)
    {
        // By a timer, also when at once: cancelling runs code of the caller's stream, and this may be the reactor.
        if (input is not null && inputPipe?.HasReaders() == false)
        {
            _stopInput.CancelAfter(1);
        }
        else if (input is not null && Deadline.Whole(drainTimeout) is var patience && patience != Timeout.InfiniteTimeSpan)
        {
            _stopInput.CancelAfter(patience + TimeSpan.FromMilliseconds(1));
        }
    }

    /// <summary>Nobody waits for the streams any more.</summary>
    internal void Stop() => _stop.CancelAsync();

    /// <summary>The child was never started.</summary>
    internal void Close()
    {
        output?.Close();
        error?.Close();
    }

    // A fault is told while the other streams go on: the child may wait for what will not come any more, and never end them.
    private static async Task AllOrFirstFaultAsync(params Task[] pumps)
    {
        _ = Task.WhenAll(pumps).ContinueWith(static all => _ = all.Exception, TaskScheduler.Default); // a second fault is logged, too
        await foreach (Task pump in Task.WhenEach(pumps).ConfigureAwait(false))
        {
            await pump.ConfigureAwait(false);
        }
    }

    private async Task FeedAsync(PipeEnd pipe)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, _stopInput.Token);
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // as the output
            InputIncomplete = !await (input is StreamStdio stream
                ? InputPump.RunAsync(pipe, stream.Value, either.Token)
                : InputPump.RunAsync(pipe, ((BytesStdio)input!).Value, either.Token)).ConfigureAwait(false);
        }
        catch (Exception e) when ((_stop.IsCancellationRequested || _stopInput.IsCancellationRequested) && e is OperationCanceledException or ObjectDisposedException)
        {
            InputIncomplete = true;
        }
    }
}
