using System.Text;
using ChildProc;

namespace Recipes;

/// <summary>Lines of both streams, captures, encodings, and standard error to standard output.</summary>
internal static class OutputRecipes
{
    public static async Task ErrorToOutputAsync()
    {
        // <to-standard-output>
        CapturedResult both = await ChildProcess.CaptureAsync(
            new("ls", "/nonexistent", "/etc/passwd") { StandardError = ChildStdio.ToStandardOutput });
        // </to-standard-output>

        Check.That(both.StandardOutput.Contains("/nonexistent", StringComparison.Ordinal));
        Check.That(both.StandardOutput.EndsWith("/etc/passwd\n", StringComparison.Ordinal));
        Check.Equal("", both.StandardError);
    }

    public static async Task ReadLinesAsync()
    {
        List<OutputLine> seen = [];

        // <read-lines>
        try
        {
            await foreach (OutputLine line in ChildProcess.ReadLinesAsync(new("ls", "/nonexistent", "/etc/passwd")))
                seen.Add(line);             // line.Source: which of the two streams
        }
        catch (ChildProcessExitException e)
        {
            Console.WriteLine(e.Status);    // exit 2, after the last line
        }
        // </read-lines>

        Check.Equal("/etc/passwd", seen.Single(static line => line.Source == OutputSource.StandardOutput).Text);
        Check.Equal(2, seen.Count);
    }

    public static async Task LeaveEarlyAsync()
    {
        string found = "";

        // <read-lines-leave>
        await foreach (OutputLine line in ChildProcess.ReadLinesAsync(new("seq", "1000000000")))
        {
            if (line.Text.EndsWith("99", StringComparison.Ordinal))
            {
                found = line.Text;
                break;      // the tree is killed, and empty when the loop is left
            }
        }
        // </read-lines-leave>

        Check.Equal("99", found);
    }

    public static async Task CaptureAsync()
    {
        // <capture>
        CapturedResult result = await ChildProcess.CaptureAsync(new("ls", "/nonexistent"));
        if (!result.Status.IsSuccess)
            Console.WriteLine($"{result.Status}: {result.StandardError}");      // or result.EnsureSuccess(), which throws
        // </capture>

        Check.Equal(2, result.Status.Code);
        Check.Equal("", result.StandardOutput);
    }

    public static async Task CaptureLimitAsync()
    {
        // <capture-limit>
        CapturedResult result = await ChildProcess.CaptureAsync(new("seq", "1000000") { CaptureLimit = 20 });
        if (result.OutputTruncated)
            Console.WriteLine($"{result.DroppedOutputBytes} bytes are missing in the middle of:\n{result.StandardOutput}");
        // </capture-limit>

        Check.Equal("1\n2\n3\n4\n5\n\n[6888876 bytes dropped]\n9\n1000000\n", result.StandardOutput);
        Check.Equal(6_888_876, result.DroppedOutputBytes);
    }

    public static async Task EncodingAsync()
    {
        List<OutputLine> lines = [];

        // <encoding>
        ChildProcessStartInfo info = new("printf", "\\351t\\351 comme hiver\\r\\n")
        {
            OutputEncoding = Encoding.Latin1,
            LineLimit = 9,
        };
        await foreach (OutputLine line in ChildProcess.ReadLinesAsync(info))
            lines.Add(line);                // "été comme", IsPartial; then " hiver"
        // </encoding>

        Check.Equal(new OutputLine("été comme", OutputSource.StandardOutput) { IsPartial = true }, lines[0]);
        Check.Equal(new OutputLine(" hiver", OutputSource.StandardOutput), lines[1]);
        Check.Equal(2, lines.Count);
    }
}
