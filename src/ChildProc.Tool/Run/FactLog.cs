using ChildProc.Interop;
using ChildProc.Tool.Interop;
using ChildProc.Tool.Model;
using ChildProc.Tool.Sources;

namespace ChildProc.Tool.Run;

/// <summary>The facts that the tool itself sees, as one file of a bundle. Any thread may add to it.</summary>
internal sealed class FactLog(string path, FactSource source) : IDisposable
{
    private readonly StreamWriter _writer = new(path);
    private readonly Lock _lock = new();
    private readonly Dictionary<FactSource, long> _sequences = [];

    internal void Add(FactKind kind, long? time = null, int pid = 0, int tid = 0, int other = 0, int fd = -1, int number = 0, FactFlags flags = 0, string? text = null, string? key = null, FactSource? by = null)
    {
        lock (_lock)
        {
            FactSource who = by ?? source;
            long sequence = _sequences.GetValueOrDefault(who);
            _sequences[who] = sequence + 1;
            _writer.WriteLine(FactJson.ToLine(new Fact
            {
                Time = time ?? LibC.Now(), Source = who, Sequence = sequence, Pid = pid, Tid = tid == 0 ? pid : tid, Kind = kind, Other = other, Fd = fd, Number = number,
                Flags = flags, Text = text, Key = key,
            }));
        }
    }

    /// <summary>What a look at a process has found.</summary>
    internal void AddLook(ProcStat found, FactFlags flags = 0, long? time = null, FactSource? by = null) =>
        Add(FactKind.SnapProcess, time, pid: found.Pid, other: found.Parent, number: found.State, flags: flags | (found.IsDead ? FactFlags.Zombie : 0),
            text: ProcFs.Command(found.Pid, found.Name), key: found.Name, by: by);

    public void Dispose() => _writer.Dispose();
}
