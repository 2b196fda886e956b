using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using ChildProc.Tool.Audit;
using ChildProc.Tool.Formats;
using ChildProc.Tool.Tests.Infrastructure;

namespace ChildProc.Tool.Tests.Formats;

public class FormatsTests
{
    private static string Text(Action<TextWriter> write)
    {
        StringWriter writer = new();
        write(writer);
        return writer.ToString();
    }

    private static JsonElement Json(Action<Stream> write)
    {
        using MemoryStream stream = new();
        write(stream);
        return JsonDocument.Parse(stream.ToArray()).RootElement;
    }

    [Fact]
    public void Text_says_verdict_culprit_lines_and_sums()
    {
        string text = Text(w => new TextFormat(new Paint(false), verbose: false).Write(w, Evidence.Golden("zombie.strace")));
        Assert.StartsWith("childproc: LEAK: ", text, StringComparison.Ordinal);
        Assert.Matches(@"error CPL002 zombie: .* \(process \d+\) was never reaped: it exited with 7 4\d\d ms before the end of \d+", text);
        Assert.Contains("zombie.strace:", text, StringComparison.Ordinal);
        Assert.Contains("1 processes created = 0 reaped by their parent + 0 by kernel or adopter + 1 never reaped + 0 alive", text, StringComparison.Ordinal);
        Assert.Contains("0 pieces of evidence lost", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_its_schema_number_and_all_that_text_says()
    {
        JsonElement json = Json(s => JsonFormat.Write(s, Evidence.Golden("inherit.strace")));
        Assert.Equal((1, "leak"), (json.GetProperty("schema").GetInt32(), json.GetProperty("verdict").GetString()));
        JsonElement finding = Assert.Single(json.GetProperty("findings").EnumerateArray());
        Assert.Equal(("CPL004", "error"), (finding.GetProperty("rule").GetString(), finding.GetProperty("severity").GetString()));
        Assert.Equal(2, json.GetProperty("processes").GetArrayLength());
    }

    [Fact]
    public void JUnit_has_a_test_case_for_each_rule()
    {
        XElement suite = XDocument.Parse(Text(w => JUnitFormat.Write(w, Evidence.Golden("fd.strace")))).Root!.Element("testsuite")!;
        Assert.Equal(Rule.All.Count, suite.Elements("testcase").Count());
        XElement failed = Assert.Single(suite.Elements("testcase"), static c => c.Element("failure") is not null);
        Assert.StartsWith("CPL003", failed.Attribute("name")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void GitHub_annotations_are_one_line_each()
    {
        string line = Assert.Single(Text(w => GitHubFormat.Write(w, Evidence.Golden("close.strace"))).TrimEnd().Split('\n'));
        Assert.StartsWith("::error title=CPL012 double close::", line, StringComparison.Ordinal);
    }

    [Fact]
    public void In_the_chrome_trace_every_beginning_has_its_end()
    {
        JsonElement[] events = [.. Json(s => ChromeTraceFormat.Write(s, Evidence.Golden("zombie.strace"))).GetProperty("traceEvents").EnumerateArray()];
        string[] Ids(string phase) => [.. events.Where(e => e.GetProperty("ph").GetString() == phase).Select(static e => e.GetProperty("cat").GetString() + e.GetProperty("id")).Order(StringComparer.Ordinal)];
        Assert.Equal(Ids("b"), Ids("e"));
        Assert.Equal(Ids("s"), Ids("f"));
        Assert.Contains(events, static e => e.GetProperty("ph").GetString() == "b" && e.GetProperty("cat").GetString() == "zombie");
        Assert.Contains(events, static e => e.GetProperty("ph").GetString() == "C");
    }

    [Fact]
    public void Nothing_shown_is_markup_or_an_escape_sequence()
    {
        const string Hostile = "</script><script>alert(1)</script>\e[31m|`x`";
        Report report = Evidence.OfStrace($"1 1.0 execve(\"/a\", [\"{Hostile.Replace("\e", "\\33", StringComparison.Ordinal)}\"], 0x1 /* 1 vars */) = 0\n1 1.1 clone(flags=SIGCHLD) = 2\n1 1.2 +++ exited with 0 +++\n");
        Assert.Equal(Hostile, report.Story.Root!.Title);
        string html = Text(w => HtmlFormat.Write(w, report));
        Assert.DoesNotContain("<script>alert", html, StringComparison.Ordinal);
        Assert.Equal(2, html.Split("</script>").Length - 1);
        Assert.DoesNotContain("http-equiv=\"refresh\"", html, StringComparison.Ordinal);
        Assert.All(new[] { Text(w => new TextFormat(new Paint(false), true).Write(w, report)), Text(w => MarkdownFormat.Write(w, report)), Text(w => JUnitFormat.Write(w, report)) },
            static text => Assert.DoesNotContain('\e', text));
        Assert.DoesNotContain("<script>", Text(w => MarkdownFormat.Write(w, report)), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_timeline_draws_its_lanes_in_a_real_browser()
    {
        string? browser = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);
        Assert.SkipWhen(browser is null, "chromium is not installed");
        using TempDirectory directory = new();
        Report report = Evidence.Golden("zombie-bundle");
        await File.WriteAllTextAsync(directory["t.html"], Text(w => HtmlFormat.Write(w, report)));
        CapturedResult dom = await ChildProcess.CaptureAsync(new(browser!, "--headless", "--no-sandbox", "--disable-gpu", $"--user-data-dir={directory["profile"]}", "--virtual-time-budget=2000", "--dump-dom", "file://" + directory["t.html"])
        {
            CaptureLimit = 16 << 20,
        });
        Assert.Contains("<span id=\"verdict\" class=\"leak\">leak</span>", dom.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(2, dom.StandardOutput.Split("class=\"row\"").Length - 1);
        Assert.Contains("url(#zombie)", dom.StandardOutput, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("json", "\"schema\": 1")]
    [InlineData("ndjson", "\"kind\":\"task.exit\"")]
    [InlineData("junit", "<testsuites>")]
    [InlineData("github", "::error title=CPL002")]
    [InlineData("md", "## childproc: leak")]
    [InlineData("trace", "traceEvents")]
    [InlineData("html", "<!DOCTYPE html>")]
    public async Task Report_converts_a_bundle_to_every_format(string format, string expected)
    {
        ToolRun run = await ToolRun.StartAsync("report", Paths.Golden("zombie-bundle"), "-o", format);
        Assert.Equal(23, run.Status);
        Assert.Contains(expected, run.Output, StringComparison.Ordinal);
    }
}
