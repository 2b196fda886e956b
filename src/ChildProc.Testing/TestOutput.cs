using System.Text;

namespace ChildProc.Testing;

/// <summary>The last lines that a child has printed, and who waits for one.</summary>
internal sealed class TestOutput
{
    private const int CharactersKept = 64 * 1024;
    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private readonly List<(Predicate<string> IsIt, TaskCompletionSource<string> Source)> _waiters = [];
    private int _kept;
    private bool _dropped;

    internal void Add(string line)
    {
        lock (_gate)
        {
            _lines.Enqueue(line);
            _kept += line.Length + 1;
            while (_kept > CharactersKept && _lines.Count > 1)
            {
                _kept -= _lines.Dequeue().Length + 1;
                _dropped = true;
            }

            _waiters.RemoveAll(waiter => waiter.IsIt(line) && waiter.Source.TrySetResult(line));
        }
    }

    /// <summary>The first such line, of those that are kept or that come.</summary>
    internal Task<string> WhenLineAsync(Predicate<string> isIt)
    {
        TaskCompletionSource<string> source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_lines.FirstOrDefault(line => isIt(line)) is { } line)
            {
                source.SetResult(line);
            }
            else
            {
                _waiters.Add((isIt, source));
            }
        }

        return source.Task;
    }

    public override string ToString()
    {
        lock (_gate)
        {
            StringBuilder text = new(_dropped ? "(earlier lines are gone)\n" : "");
            return text.AppendJoin('\n', _lines).ToString();
        }
    }
}
