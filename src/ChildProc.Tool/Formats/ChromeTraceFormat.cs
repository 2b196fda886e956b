using System.Text.Json;
using ChildProc.Tool.Audit;
using ChildProc.Tool.Model;

namespace ChildProc.Tool.Formats;

/// <summary>
/// The Chrome trace format, for ui.perfetto.dev: microseconds from the start of the root. Lives, zombies and pipes overlap, so
/// they are asynchronous (b and e with an id); ids of processes are used again, so each life has a number of its own.
/// </summary>
internal static class ChromeTraceFormat
{
    internal static void Write(Stream stream, Report report)
    {
        using Utf8JsonWriter json = new(stream);
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartArray("traceEvents");
        List<ProcessLife> lives = [.. Lanes.Order(report)];
        Dictionary<ProcessLife, int> numbers = [];
        foreach (ProcessLife life in lives)
            numbers[life] = numbers.Count + 1;
        long end = report.End;
        int flow = 0;
        foreach (ProcessLife life in lives)
        {
            int number = numbers[life];
            Event(json, "M", "process_name", number, null, args: j => j.WriteString("name", $"{life.Pid} {life.Title}"));
            Event(json, "M", "process_sort_index", number, null, args: j => j.WriteNumber("sort_index", number));
            Async(json, report, "process", life.Title, number, $"p{number}", life.Id.FirstSeen, life.Ended ?? end);
            if (Lanes.ZombieEnd(life, report) is { } buried)
                Async(json, report, "zombie", "zombie", number, $"z{number}", life.Exited!.Value, buried);
            if (life.Parent is { } parent && numbers.TryGetValue(parent, out int from))
            {
                Flow(json, report, "spawn", ++flow, from, number, life.Id.FirstSeen);
                if (life.Reaped is { } reaped)
                    Flow(json, report, "reap", ++flow, number, from, reaped);
            }
        }

        int pipes = 0;
        foreach (Pipe pipe in report.Story.Pipes)
        {
            if (pipe.Holders.FirstOrDefault(numbers.ContainsKey) is { } holder)
                Async(json, report, "pipe", pipe.Key, numbers[holder], $"i{++pipes}", pipe.Opened, pipe.Ended ?? end);
        }

        Counters(json, report, lives);
        foreach (AppEvent e in report.AppEvents)
            Event(json, "i", $"{e.Provider}/{(e.Name.Length > 0 ? e.Name : e.EventId)}", lives.FirstOrDefault(l => l.Pid == e.ProcessId) is { } life ? numbers[life] : 1, Micro(report, e.Time), more: static j => j.WriteString("s", "p"));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static double Micro(Report report, long time) => (time - report.Start) / 1e3;

    private static void Async(Utf8JsonWriter json, Report report, string category, string name, int number, string id, long from, long to)
    {
        foreach ((string phase, long time) in new[] { ("b", from), ("e", Math.Max(from, to)) })
            Event(json, phase, name, number, Micro(report, time), more: j =>
            {
                j.WriteString("cat", category);
                j.WriteString("id", id);
                if (category == "zombie")
                    j.WriteString("cname", "terrible");
            });
    }

    /// <summary>Flows bind to slices, so each end has one of a microsecond.</summary>
    private static void Flow(Utf8JsonWriter json, Report report, string name, int id, int from, int to, long time)
    {
        double at = Micro(report, time);
        foreach ((string phase, int number) in new[] { ("s", from), ("f", to) })
        {
            Event(json, "X", name, number, at, more: static j => j.WriteNumber("dur", 1));
            Event(json, phase, name, number, at, more: j =>
            {
                j.WriteString("cat", name);
                j.WriteNumber("id", id);
                if (phase == "f")
                    j.WriteString("bp", "e");
            });
        }
    }

    private static void Counters(Utf8JsonWriter json, Report report, List<ProcessLife> lives)
    {
        List<(long Time, int Live, int Zombie)> changes = [];
        foreach (ProcessLife life in lives)
        {
            changes.Add((life.Id.FirstSeen, 1, 0));
            if (life.Ended is { } ended)
            {
                changes.Add((ended, -1, 0));
                if (Lanes.ZombieEnd(life, report) is { } buried)
                    changes.AddRange([(ended, 0, 1), (buried, 0, -1)]);
            }
        }

        int live = 0, zombies = 0;
        foreach ((long time, int a, int b) in changes.OrderBy(static c => c.Time))
        {
            live += a;
            zombies += b;
            Event(json, "C", "processes", 0, Micro(report, time), args: j =>
            {
                j.WriteNumber("live", live);
                j.WriteNumber("zombies", zombies);
            });
        }
    }

    private static void Event(Utf8JsonWriter json, string phase, string name, int number, double? time, Action<Utf8JsonWriter>? args = null, Action<Utf8JsonWriter>? more = null)
    {
        json.WriteStartObject();
        json.WriteString("ph", phase);
        json.WriteString("name", name);
        json.WriteNumber("pid", number);
        json.WriteNumber("tid", number);
        if (time is { } t)
            json.WriteNumber("ts", t);
        more?.Invoke(json);
        if (args is not null)
        {
            json.WriteStartObject("args");
            args(json);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
