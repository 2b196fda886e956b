using ChildProc.Tests.Infrastructure;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Testing.Tests;

public sealed class GrowthTests
{
    [Fact(Timeout = 120_000)]
    public async Task What_every_repetition_leaves_open_is_reported_with_its_counts()
    {
        List<SafeFileHandle> open = [];
        LeakException thrown = await Assert.ThrowsAsync<LeakException>(() => LeakCheck.GrowthAsync(
            warmup: 1,
            runs: 3,
            () =>
            {
                open.Add(File.OpenHandle(Puppet.Path));
                return Task.CompletedTask;
            },
            static o => o.Settle = TimeSpan.FromMilliseconds(200)));
        open.ForEach(static handle => handle.Dispose());
        Assert.StartsWith("It grows with every repetition: Descriptor by 1, 1, 1. ", thrown.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public void What_is_opened_once_and_kept_is_not_reported()
    {
        using Cache cache = new();
        LeakCheck.Growth(warmup: 0, runs: 3, cache.Use, static o => o.Settle = TimeSpan.FromMilliseconds(200));
    }

    [Fact(Timeout = 120_000)]
    public async Task Children_that_are_disposed_are_not_reported()
        => await LeakCheck.GrowthAsync(warmup: 1, runs: 3, static async () => await ChildProcess.CaptureAsync(Puppet.Info("args")));

    private sealed class Cache : IDisposable
    {
        private SafeFileHandle? _file;

        internal void Use() => _file ??= File.OpenHandle(Puppet.Path);

        public void Dispose() => _file?.Dispose();
    }
}
