using System.Diagnostics;

namespace ChildProc.Telemetry;

/// <summary>A span for each child, from the call that starts it to its end: a CLI client span of OpenTelemetry's conventions.</summary>
/// <remarks>
/// It is never the current activity of anybody: what the application does while its child runs is no part of the child. Starting and
/// stopping one makes it so for a moment, also on the threads of others, and each time what was current is put back. Listeners are
/// the application's code; what they throw is dropped.
/// </remarks>
internal static class ChildProcSpans
{
    private static readonly ActivitySource s_source = new(TelemetrySource.Name, TelemetrySource.Version);

    internal static bool AreAskedFor => s_source.HasListeners();

    /// <summary>Null when nobody wants it.</summary>
    internal static Activity? Begin(ChildProcessStartInfo info, string executable, bool withArguments)
    {
        if (!s_source.HasListeners())
        {
            return null;
        }

        Activity? current = Activity.Current;
        try
        {
            TagList known = new() { { SpanNames.Executable, executable } }; // what a sampler may decide by
            if (Path.IsPathRooted(info.FileName))
            {
                known.Add(SpanNames.ExecutablePath, info.FileName);
            }

            Activity? span = s_source.StartActivity(executable, ActivityKind.Client, parentContext: default, known);
            if (withArguments && span is { IsAllDataRequested: true })
            {
                span.SetTag(SpanNames.Arguments, (string[])[info.ArgumentZero ?? info.FileName, .. info.Arguments]);
            }

            return span;
        }
        catch (Exception)
        {
            return null;
        }
        finally
        {
            PutBack(current);
        }
    }

    internal static void Started(Activity span, int pid, string containment)
        => span.SetTag(SpanNames.Pid, pid).SetTag(SpanNames.Containment, containment);

    internal static void Failed(Activity span, Exception failure, string error, string? stage)
    {
        if (stage is not null)
        {
            span.SetTag(SpanNames.Stage, stage);
        }

        span.SetTag(SpanNames.ErrorType, error).SetStatus(ActivityStatusCode.Error, failure.Message);
        Stop(span);
    }

    /// <param name="span">It.</param>
    /// <param name="length">From the call to the end.</param>
    /// <param name="status">How it ended; null when it did not, but was let go of.</param>
    /// <param name="reason">Why, when the owner had to do with it.</param>
    internal static void Ended(Activity span, TimeSpan length, ExitStatus? status, StopReason reason)
    {
        span.SetEndTime(span.StartTimeUtc + length);
        if (status?.Code is { } code)
        {
            span.SetTag(SpanNames.ExitCode, code);
        }

        if (status?.Signal is { } signal)
        {
            span.SetTag(SpanNames.ExitSignal, signal.Name);
        }

        if (reason != StopReason.None)
        {
            span.SetTag(SpanNames.StopReason, SpanNames.Of(reason));
        }

        if (status is { } end && SpanNames.ErrorOf(end) is { } error)
        {
            span.SetTag(SpanNames.ErrorType, error).SetStatus(ActivityStatusCode.Error, end.ToString());
        }

        Stop(span);
    }

    private static void Stop(Activity span)
    {
        Activity? current = Activity.Current;
        try
        {
            span.Stop();
        }
        catch (Exception)
        {
            // see above
        }
        finally
        {
            PutBack(current);
        }
    }

    private static void PutBack(Activity? current)
    {
        if (Activity.Current != current)
        {
            Activity.Current = current is { IsStopped: true } ? null : current; // a stopped one is not taken
        }
    }
}
