using System.Diagnostics;

namespace ChildProc.Tests.Infrastructure;

/// <summary>For facts that the kernel lets nobody wait for: asked again and again, with a bound.</summary>
internal static class Eventually
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <returns>How long it took.</returns>
    internal static async Task<TimeSpan> HoldsAsync(Func<bool> condition, string what, TimeSpan? timeout = null)
    {
        long began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < (timeout ?? Patience), $"In vain: {what}");
            await Task.Delay(2, CancellationToken.None);
        }

        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>As <see cref="HoldsAsync"/>, with a garbage collection before each look: for what finalizers do.</summary>
    internal static Task<TimeSpan> HoldsAfterCollectionAsync(Func<bool> condition, string what) => HoldsAsync(
        () =>
        {
            Collect();
            return condition();
        },
        what);

    /// <summary>A full garbage collection, with all finalizers and what they freed.</summary>
    internal static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
