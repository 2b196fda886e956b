namespace ChildProc.Tests.Infrastructure;

/// <summary>Many children at once.</summary>
internal static class Children
{
    internal static async Task DisposeAllAsync(this IEnumerable<IChildProcess> children)
    {
        foreach (IChildProcess child in children)
        {
            await child.DisposeAsync();
        }
    }
}
