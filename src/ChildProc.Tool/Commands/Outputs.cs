using System.CommandLine;
using ChildProc.Tool.Audit;
using ChildProc.Tool.Formats;

namespace ChildProc.Tool.Commands;

/// <summary>
/// <c>-o format[=path]</c>. Text goes to standard error, for standard output is the target's; a machine format goes where it
/// is asked to.
/// </summary>
internal static class Outputs
{
    internal static readonly string[] Names = ["text", "json", "ndjson", "junit", "github", "md", "trace", "html", "sarif"];

    internal static Option<string[]> Option()
    {
        Option<string[]> option = new("--output", "-o") { Description = $"Also write a report: {string.Join('|', Names)}[=path]; repeatable.", DefaultValueFactory = static _ => [] };
        option.Validators.Add(static result =>
        {
            foreach (string value in result.Tokens.Select(static t => t.Value))
            {
                if (!Names.Contains(value.Split('=', 2)[0]))
                    result.AddError($"'{value}' is no output format; known are {string.Join(", ", Names)}.");
            }
        });
        option.CompletionSources.Add(Names);
        return option;
    }

    internal static bool WantsFacts(string[] outputs) => outputs.Any(static o => o.Split('=', 2)[0] == "ndjson");

    /// <summary>Writes what was asked for; facts are written while they are read, by <see cref="FactWriter"/>.</summary>
    internal static void Write(string[] outputs, Report report, Terminal terminal, bool verbose)
    {
        foreach (string output in outputs)
        {
            string[] parts = output.Split('=', 2);
            if (parts[0] == "ndjson")
                continue;
            string? path = parts.Length == 2 ? parts[1] : null;
            if (path is null && parts[0] == "text")
            {
                new TextFormat(terminal.Paint, verbose).Write(terminal.Error, report);
                continue;
            }

            using Stream stream = path is null ? Console.OpenStandardOutput() : File.Create(path);
            Write(parts[0], stream, report, verbose);
        }
    }

    private static void Write(string format, Stream stream, Report report, bool verbose)
    {
        if (format == "json")
        {
            JsonFormat.Write(stream, report);
            stream.WriteByte((byte)'\n');
            return;
        }

        if (format == "sarif")
        {
            SarifFormat.Write(stream, report);
            stream.WriteByte((byte)'\n');
            return;
        }

        using StreamWriter writer = new(stream, leaveOpen: true);
        switch (format)
        {
            case "text":
                new TextFormat(new Paint(false), verbose).Write(writer, report);
                break;
            case "junit":
                JUnitFormat.Write(writer, report);
                break;
            case "github":
                GitHubFormat.Write(writer, report);
                break;
            case "md":
                MarkdownFormat.Write(writer, report);
                break;
            case "trace":
                writer.Flush();
                ChromeTraceFormat.Write(stream, report);
                break;
            case "html":
                HtmlFormat.Write(writer, report);
                break;
        }
    }
}
