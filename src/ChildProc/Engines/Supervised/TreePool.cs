using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;

namespace ChildProc.Engines.Supervised;

/// <summary>Trees that are over, for the next children: a start in the steady state makes none.</summary>
/// <remarks>No lock: each place is taken and filled by one exchange, and threads begin at different ones.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class TreePool(ILogger logger)
{
    private const int Places = 64; // more are started and ended at once by few, whose trees are the garbage collector's
    private readonly SupervisedTree?[] _free = new SupervisedTree?[Places];

    internal SupervisedTree Rent()
    {
        int first = First;
        for (int i = 0; i < Places; i++)
        {
            ref SupervisedTree? place = ref _free[(first + i) % Places];
            if (place is not null && Interlocked.Exchange(ref place, null) is { } tree)
            {
                tree.ServeAgain();
                return tree;
            }
        }

        return new SupervisedTree(this, logger);
    }

    internal void Return(SupervisedTree tree)
    {
        int first = First;
        for (int i = 0; i < Places; i++)
        {
            ref SupervisedTree? place = ref _free[(first + i) % Places];
            if (place is null && Interlocked.CompareExchange(ref place, tree, null) is null)
            {
                return;
            }
        }
    }

    private static int First => Environment.CurrentManagedThreadId * 8 % Places;
}
