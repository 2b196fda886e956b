namespace ChildProc.Engines.Direct;

/// <summary>What the shell of a watchdog is to kill at the end of the host, and what of that it has not been told yet. Its owner's lock guards it.</summary>
internal sealed class WatchdogBook
{
    private readonly Dictionary<int, string> _lines = []; // by target
    private readonly HashSet<int> _untold = [];

    internal bool IsEmpty => _lines.Count == 0;

    internal void Add(int target, string line)
    {
        _lines[target] = line;
        _untold.Add(target);
    }

    /// <summary>True: the shell knows it, and must hear that it is over.</summary>
    internal bool Remove(int target) => _lines.Remove(target) && !_untold.Remove(target);

    /// <summary>There is another shell, or none, which knows nothing.</summary>
    internal void BeginAnew() => _untold.UnionWith(_lines.Keys);

    /// <summary>Tells as much as there is room for. 0 when that is all, or the errno of the line that could not be written.</summary>
    internal int Tell(Func<string, int> write)
    {
        foreach (int target in _untold)
        {
            int error = write(_lines[target]);
            if (error != 0)
            {
                return error;
            }

            _untold.Remove(target); // which an enumeration of a set allows
        }

        return 0;
    }
}
