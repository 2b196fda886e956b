using ChildProc.Start;

namespace ChildProc.Pipelines;

/// <summary>Brings all stages of a pipeline up, or none.</summary>
/// <remarks>
/// Stages are started from the last to the first. The host closes its copy of an end as soon as the stage that it is for
/// runs; until then the write end that it still holds keeps the consumer from an end of file that no producer has meant. So
/// when a start fails, the running stages are killed first and the joints are closed after that.
/// </remarks>
internal static class PipelineStart
{
    internal static async ValueTask<RunningPipeline> StartAsync(IChildProcessHost host, ChildPipeline pipeline, CancellationToken lifetime)
    {
        foreach (ChildProcessStartInfo stage in pipeline.Stages)
        {
            StartInfoValidator.Validate(stage); // a fault in the last stage, too, comes before any side effect
        }

        lifetime.ThrowIfCancellationRequested();
        int count = pipeline.Stages.Count;
        Joint[] joints = new Joint[count - 1];
        IChildProcess[] children = new IChildProcess[count];
        int running = count; // the first stage that runs
        StageLifetimes lifetimes = new(count, lifetime);
        try
        {
            Join(pipeline, joints);
            Func<ValueTask<IChildProcess>>[] starts = Prepare(host, pipeline, joints, lifetimes);
            for (int i = count - 1; i >= 0; i--)
            {
                children[i] = await starts[i]().ConfigureAwait(false);
                running = i;
                lifetimes.Started(i, children[i]);
                if (i > 0)
                {
                    joints[i - 1].Input.Dispose();
                }

                if (i < joints.Length)
                {
                    joints[i].Output.Dispose();
                }
            }

            lifetime.ThrowIfCancellationRequested(); // cancelled while the stages were being started
            return new RunningPipeline(pipeline, children, Array.ConvertAll(joints, static joint => joint.Name), lifetimes);
        }
        catch (Exception e)
        {
            lifetimes.Dispose();
            for (int i = count - 1; i >= running; i--)
            {
                await children[i].DisposeAsync().ConfigureAwait(false);
            }

            if (e is OperationCanceledException && lifetime.IsCancellationRequested)
            {
                throw new OperationCanceledException(lifetime); // and not the stage's own
            }

            throw;
        }
        finally
        {
            foreach (Joint? joint in joints)
            {
                joint?.Dispose();
            }
        }
    }

    private static void Join(ChildPipeline pipeline, Joint[] joints)
    {
        for (int i = 0; i < joints.Length; i++)
        {
            joints[i] = OperatingSystem.IsLinux()
                ? Joint.Create(pipeline.Stages[i])
                : OperatingSystem.IsMacOS() ? Joint.CreateOnDarwin(pipeline.Stages[i])
                : OperatingSystem.IsWindows() ? Joint.CreateOnWindows(pipeline.Stages[i])
                : throw new PlatformNotSupportedException("ChildProc cannot join children by pipes here yet.");
        }
    }

    // On this machine every stage is encoded before the first one runs: what is too long to pass stops them all.
    private static Func<ValueTask<IChildProcess>>[] Prepare(IChildProcessHost host, ChildPipeline pipeline, Joint[] joints, StageLifetimes lifetimes)
    {
        Func<ValueTask<IChildProcess>>[] starts = new Func<ValueTask<IChildProcess>>[pipeline.Stages.Count];
        for (int i = 0; i < starts.Length; i++)
        {
            int number = i;
            ChildProcessStartInfo stage = pipeline.Stages[i];
            ChildProcessStartInfo info = new(stage)
            {
                StandardInput = i > 0 ? ChildStdio.Handle(joints[i - 1].Input) : stage.StandardInput,
                StandardOutput = i < joints.Length ? ChildStdio.Handle(joints[i].Output) : stage.StandardOutput,
            };
            if (host is LocalChildProcessHost local)
            {
                PreparedCommand command = local.Prepare(info);
                starts[i] = () => command.StartAsync(lifetimes[number]);
            }
            else
            {
                starts[i] = () => host.StartAsync(info, lifetimes[number]);
            }
        }

        return starts;
    }
}
