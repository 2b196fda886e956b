using ChildProc.Interop;

namespace ChildProc.Pipelines;

/// <summary>
/// A stage that has exited can leave somebody behind who holds its joint open: the next stage then waits for an end of file
/// that nobody means to send. As with output to the host, that is waited for until the drain timeout is over; then what the
/// stage left behind is killed, for the host has no end of the joint to cut. What the joint holds is still delivered.
/// </summary>
internal static class JointDrain
{
    /// <summary>The producer has exited. Completes when the consumer has ended, too, or when its input was ended for it.</summary>
    /// <returns>"pid state command" of those who were killed; null when nobody was.</returns>
    internal static async Task<string[]?> RunAsync(IChildProcess producer, IChildProcess consumer, string? joint)
    {
        TimeSpan patience = Deadline.Whole(producer.StartInfo.DrainTimeout);
        if (producer is not LocalChildProcess local || patience == Timeout.InfiniteTimeSpan
            || producer.StartInfo.Leftovers == Leftovers.Release || joint is null)
        {
            return null;
        }

        try
        {
            if (local.Leftovers().Length == 0)
            {
                return null; // by far the most: no timer is needed
            }

            _ = await consumer.WaitForExitAsync().AsTask().WaitAsync(patience).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException)
        {
            return null; // the pipeline is being stopped
        }
        catch (TimeoutException)
        {
            if (!OperatingSystem.IsWindows() && !producer.GetDescendantIds().Any(pid => ProcFs.Holds(pid, joint, whenHidden: true)))
            {
                return null; // it only outlived the stage; the consumer is still busy (a hang would be the worse answer, so where nobody can tell it is held)
            }

            string[] killed = local.Leftovers();
            try
            {
                await producer.StopAsync(StopPolicy.Kill).ConfigureAwait(false);
            }
            catch (ChildProcessTreeException)
            {
                // logged where it arose
            }

            return killed;
        }
    }
}
