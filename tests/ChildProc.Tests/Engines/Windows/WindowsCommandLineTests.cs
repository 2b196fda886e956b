using System.Runtime.Versioning;
using System.Text;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Windows;

/// <summary>Arguments arrive as they were given, or are refused.</summary>
[SupportedOSPlatform("windows")]
public sealed class WindowsCommandLineTests(ITestOutputHelper output)
{
    // Many lists share a start, for a start takes Wine long: their arguments one after the other, a separator between two lists.
    [Fact(Timeout = 300_000)]
    public async Task Ten_thousand_random_argument_lists_come_back_as_they_were()
    {
        const int Lists = 10_000, PerStart = 50, AtOnce = 2;
        const string Separator = "/"; // no random argument has one
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        int verified = 0;
        await Parallel.ForAsync(0, Lists / PerStart, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (start, stop) =>
        {
            string[][] lists = [.. Enumerable.Range(start * PerStart, PerStart).Select(i => RandomList(new Random(seed + i)))];
            string[] all = [.. lists.SelectMany((list, i) => i == 0 ? list : [Separator, .. list])];
            CapturedResult result = await ChildProcess.CaptureAsync(Puppet.Info(["argv0s", .. all]), stop);
            Assert.True(result.Status.IsSuccess, $"{result.Status}: {result.StandardError}");

            // Twice: as the C runtime takes them apart, and as CommandLineToArgvW does.
            string[] seen = result.StandardOutput.Split('\0');
            Assert.Equal((2 * all.Length) + 1, seen.Length);
            string[][] runtime = Apart(seen[..all.Length]), shell = Apart(seen[all.Length..^1]);
            for (int i = 0; i < PerStart; i++)
            {
                Assert.Equal(lists[i], runtime[i]);
                Assert.Equal(lists[i], shell[i]);
            }

            Interlocked.Add(ref verified, PerStart);
        });
        Assert.Equal(Lists, verified);

        static string[][] Apart(string[] arguments)
        {
            List<List<string>> lists = [[]];
            foreach (string argument in arguments)
            {
                if (argument == Separator)
                {
                    lists.Add([]);
                }
                else
                {
                    lists[^1].Add(argument);
                }
            }

            return [.. lists.Select(static list => list.ToArray())];
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("plain", "two words", "a&b|c>d<e^f", "(x)", "!y!", "tail\\", "")]
    [InlineData("a,b;c=d", "é", "~", "'q'")]
    public async Task A_batch_file_gets_what_can_be_passed_to_it(params string[] arguments)
    {
        using TemporaryDirectory directory = new();
        string batch = directory.Write("say.cmd", "@echo off\r\n:next\r\n\"" + Puppet.Path + "\" print %1\r\nshift\r\nif not \"%~1\"==\"\" goto next\r\n");
        CapturedResult result = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(batch, arguments));
        Assert.Equal(string.Concat(arguments.Where(static a => a.Length > 0).Select(static a => a + "\n")), result.StandardOutput);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("\"&calc.exe")]
    [InlineData("%PATH%")]
    [InlineData("100%")]
    [InlineData("a\nb")]
    [InlineData("a\rb")]
    [InlineData("two words\\")]
    public void A_batch_file_never_gets_what_cmd_could_take_for_a_command(string argument)
    {
        using TemporaryDirectory directory = new();
        foreach (string name in (string[])["x.bat", "x.CMD"])
        {
            string batch = directory.Write(name, "@exit 0\r\n");
            ArgumentException e = Assert.Throws<ArgumentException>(() => ChildProcess.Start(new ChildProcessStartInfo(batch, "fine", argument)));
            Assert.Equal("Arguments", e.ParamName);
            Assert.Contains("Argument 1 ", e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(argument, e.Message, StringComparison.Ordinal);
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("x.bat.")]
    [InlineData("x.bat ")]
    [InlineData("x.bat. .")]
    [InlineData("x")]
    public void A_batch_file_is_known_as_one_whatever_its_name_is_given_as(string name)
    {
        using TemporaryDirectory directory = new();
        directory.Write("x.bat", "@exit 0\r\n");
        Assert.Throws<ArgumentException>(() => ChildProcess.Start(new ChildProcessStartInfo(Path.Combine(directory.Path, name), "\"&calc.exe")));
    }

    [Fact(Timeout = 60_000)]
    public void A_command_line_that_is_too_long_is_told_before_anything_is_started()
    {
        ChildProcessStartException e = Assert.Throws<ChildProcessStartException>(() => ChildProcess.Prepare(Puppet.Info("args", new string('x', 33_000))));
        Assert.Equal((StartStage.Execute, 206), (e.Stage, e.NativeErrorCode)); // ERROR_FILENAME_EXCED_RANGE
    }

    // Rich in what quoting is about.
    private static string[] RandomList(Random random)
    {
        const string Alphabet = "\\\\\\\\\"\"  \t\nab'%^&|<>()!,;=é€";
        string[] list = new string[random.Next(1, 6)];
        for (int i = 0; i < list.Length; i++)
        {
            StringBuilder argument = new();
            for (int n = random.Next(0, 12); n > 0; n--)
            {
                argument.Append(Alphabet[random.Next(Alphabet.Length)]);
            }

            list[i] = argument.ToString();
        }

        return list;
    }
}
