using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipelines;

[Soak]
public sealed class PipelineFlatnessTests(ITestOutputHelper output)
{
    [Fact(Timeout = 300_000)]
    public async Task Thousands_of_pipelines_run_disposed_and_failed_leave_nothing()
        => await MeasuredHost.AssertFlatAsync(output, "pipelines", SoakAttribute.Times(300, 3_000));
}
