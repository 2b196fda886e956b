using ChildProc.Tool.Audit;
using ChildProc.Tool.Model;

namespace ChildProc.Tool.Commands;

/// <summary>Facts as NDJSON, written as they are read: a log of any size passes through.</summary>
internal sealed class FactWriter : IDisposable
{
    private readonly List<StreamWriter> _writers = [];

    internal FactWriter(string[] outputs)
    {
        foreach (string output in outputs.Where(static o => o.Split('=', 2)[0] == "ndjson"))
        {
            string[] parts = output.Split('=', 2);
            _writers.Add(new(parts.Length == 2 ? File.Create(parts[1]) : Console.OpenStandardOutput()));
        }
    }

    internal Auditor.Observer? Observer => _writers.Count == 0 ? null : Write;

    private void Write(Fact fact)
    {
        string line = FactJson.ToLine(fact);
        foreach (StreamWriter writer in _writers)
            writer.WriteLine(line);
    }

    public void Dispose()
    {
        foreach (StreamWriter writer in _writers)
            writer.Dispose();
    }
}
