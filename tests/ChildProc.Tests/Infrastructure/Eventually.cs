using System.Diagnostics;

namespace ChildProc.Tests.Infrastructure;

/// <summary>For facts that the kernel lets nobody wait for: asked again and again, with a bound that only a hang meets.</summary>
internal static class Eventually
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // On a machine that is busy enough a single look outlasts any patience, and tells of a moment that is long past.
    private const int FewestLooks = 20;

    /// <returns>How long it took.</returns>
    internal static async Task<TimeSpan> HoldsAsync(Func<bool> condition, string what, TimeSpan? timeout = null)
    {
        long began = Stopwatch.GetTimestamp();
        for (int looks = 1; !condition(); looks++)
        {
            Assert.True(looks < FewestLooks || Stopwatch.GetElapsedTime(began) < (timeout ?? Patience), $"In vain: {what}");
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
