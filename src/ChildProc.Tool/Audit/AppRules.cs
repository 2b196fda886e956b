using ChildProc.Tool.Formats;
using ChildProc.Tool.Model;

namespace ChildProc.Tool.Audit;

/// <summary>The rule about what the library says itself: child objects that nobody has disposed.</summary>
internal sealed class AppRules(History story)
{
    private const long Detached = 4; // the number of Containment.None: it is nobody's to dispose

    private readonly Dictionary<long, string> _names = []; // of starts under way, by their ids
    private readonly Dictionary<long, Child> _children = []; // that have an owner, by pid

    /// <param name="events">Of one process, in order of time.</param>
    /// <param name="ended">The process has ended, and the trace is whole: what is left then is undisposed.</param>
    internal void Judge(IEnumerable<AppEvent> events, bool ended)
    {
        foreach (AppEvent e in events)
        {
            if (e.Library is not { } said)
                continue;
            switch (said.Id)
            {
                case LibraryEvent.SpawnStart:
                    _names[said.Numbers[0]] = said.Text;
                    break;
                case LibraryEvent.SpawnStop:
                    _names.Remove(said.Numbers[0], out string? name);
                    if (said.Numbers[3] != Detached)
                        Of(said.Numbers[1], e).Name = name ?? "";
                    break;
                case LibraryEvent.StartedBy:
                    Of(said.Numbers[0], e).Source = SourceLine.First(said.Text);
                    break;
                case LibraryEvent.Disposed:
                    _children.Remove(said.Numbers[0]);
                    break;
                case LibraryEvent.HandleFinalized:
                    Tell(said.Numbers[0], Of(said.Numbers[0], e), e.Time, "was dropped without a disposal, and ended by the garbage collection");
                    _children.Remove(said.Numbers[0]);
                    break;
            }
        }

        if (!ended)
            return;
        foreach ((long pid, Child child) in _children)
            Tell(pid, child, child.Event.Time, "was not disposed when the program ended");
    }

    // Listeners that come late meet children whose start they have not heard.
    private Child Of(long pid, AppEvent e)
    {
        if (!_children.TryGetValue(pid, out Child? child))
            _children[pid] = child = new(e);
        return child;
    }

    private void Tell(long pid, Child child, long time, string how)
    {
        string where = child.Source is { } source ? $"; started at {source.RelativeFile()}:{source.Line}" : "; --stack tells who started it";
        story.Tell(new(Rule.Undisposed, Severity.Warning, $"child {pid} {child.Name} of process {child.Event.ProcessId} {how}{where}")
        {
            Pid = (int)pid,
            Command = child.Name,
            Time = time,
            Process = story.Lives.Find(l => l.Pid == pid && l.Id.FirstSeen <= time),
            References = [$"{child.Event.ProcessId}.nettrace: {child.Event.Name} at {Durations.Text(child.Event.Time - story.First)}"],
            Source = child.Source,
        });
    }

    private sealed class Child(AppEvent first)
    {
        internal AppEvent Event { get; } = first;

        internal string Name { get; set; } = "";

        internal SourceLine? Source { get; set; }
    }
}
