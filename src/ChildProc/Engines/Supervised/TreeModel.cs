namespace ChildProc.Engines.Supervised;

/// <summary>
/// What a supervisor may say when: the states of a tree as its lifeline tells them. docs/lifecycle.md holds the same table, and
/// a test compares the two. Debug builds follow it with every message (<see cref="SupervisedTree"/>).
/// </summary>
internal static class TreeModel
{
    internal enum State { Requested, Claimed, Running, Exited, Empty, Failed, Ended, Lost }

    /// <summary>The messages of a supervisor, and the end of its lifeline.</summary>
    internal enum News { Claimed, Started, Failed, Exited, TreeEmpty, SignalFailed, EndOfLifeline }

    /// <summary>The state that the news lead to; null: they cannot come.</summary>
    internal static State? Next(State state, News news) => (state, news) switch
    {
        (State.Requested, News.Claimed) => State.Claimed,
        (State.Requested, News.EndOfLifeline) => State.Ended,
        (State.Claimed, News.Started) => State.Running,
        (State.Claimed, News.Failed) => State.Failed,
        (State.Claimed, News.EndOfLifeline) => State.Ended,
        (State.Running, News.Exited) => State.Exited,
        (State.Running, News.SignalFailed) => State.Running,
        (State.Running, News.EndOfLifeline) => State.Lost,
        (State.Exited, News.TreeEmpty) => State.Empty,
        (State.Exited, News.SignalFailed) => State.Exited,
        (State.Exited, News.EndOfLifeline) => State.Lost,
        (State.Empty, News.EndOfLifeline) => State.Empty,
        (State.Failed, News.EndOfLifeline) => State.Failed,
        _ => null,
    };
}
