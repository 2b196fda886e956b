using System.Globalization;
using System.Text;
using ChildProc.Tool.Audit;
using ChildProc.Tool.Tests.Infrastructure;

namespace ChildProc.Tool.Tests.Audit;

/// <summary>
/// Evidence that is malformed, cut or hostile gives a report or a message, never another exception. The seed is fixed, so a
/// failure can be repeated; CHILDPROC_FUZZ_SEED and CHILDPROC_FUZZ_ROUNDS choose others.
/// </summary>
public class FuzzTests
{
    private static readonly int s_seed = Number("CHILDPROC_FUZZ_SEED", 7), s_rounds = Number("CHILDPROC_FUZZ_ROUNDS", 150);

    private static int Number(string variable, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;

    [Theory(Timeout = 300_000)]
    [InlineData("daemon.strace")]
    [InlineData("thread-exec-ok.strace")]
    [InlineData("hostile-ok.strace")]
    [InlineData("pidfd.strace")]
    [InlineData("shell.strace")]
    [InlineData("perf.txt")]
    [InlineData("events.nettrace")]
    [InlineData("zombie-bundle/cn.ndjson")]
    [InlineData("zombie-bundle/sub.ndjson")]
    public async Task Damaged_evidence_gives_an_answer_or_a_message(string name)
    {
        byte[] whole = await File.ReadAllBytesAsync(Paths.Golden(name));
        Random random = new(s_seed);
        using TempDirectory directory = new();
        string path = directory[Path.GetFileName(name)];
        for (int round = 0; round < s_rounds; round++)
        {
            byte[] damaged = Damage(whole, random);
            await File.WriteAllBytesAsync(path, damaged);
            try
            {
                Report report = Auditor.Audit(path, Evidence.All);
                new ChildProc.Tool.Formats.TextFormat(new(false), verbose: true).Write(TextWriter.Null, report);
                ChildProc.Tool.Formats.JsonFormat.Write(Stream.Null, report);
                ChildProc.Tool.Formats.HtmlFormat.Write(TextWriter.Null, report);
                ChildProc.Tool.Formats.ChromeTraceFormat.Write(Stream.Null, report);
                ChildProc.Tool.Formats.JUnitFormat.Write(TextWriter.Null, report);
            }
            catch (EvidenceException e)
            {
                Assert.NotEmpty(e.Message);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {s_seed}, round {round}: {e}");
            }
        }
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"schema\":1}")]
    [InlineData("{\"schema\":1,\"files\":null}")]
    [InlineData("{\"schema\":1,\"sources\":[null],\"settleSeconds\":1e308}")]
    [InlineData("{\"schema\":1,\"rootPid\":-5,\"files\":{\"x\":-1}}")]
    [InlineData("{\"schema\":2}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("")]
    public void A_manifest_that_says_nothing_useful_gives_an_answer_or_a_message(string manifest)
    {
        using TempDirectory directory = new();
        Directory.CreateDirectory(directory["b"]);
        File.Copy(Paths.Golden("zombie.strace"), Path.Combine(directory["b"], "strace.log"));
        File.WriteAllText(Path.Combine(directory["b"], "manifest.json"), manifest);
        try
        {
            Assert.NotEqual(Verdict.Clean, Auditor.Audit(directory["b"], Evidence.All).Verdict);
        }
        catch (EvidenceException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }

    [Fact(Timeout = 120_000)]
    public void Lines_of_nothing_known_are_never_clean()
    {
        Random random = new(s_seed);
        for (int round = 0; round < 200; round++)
        {
            StringBuilder log = new("1 1.0 execve(\"/a\", [\"a\"], 0x1 /* 1 vars */) = 0\n");
            string alphabet = "()<>[]{}\"\\,=+-. 019azAZ\t";
            for (int line = 0; line < 5; line++)
            {
                log.Append("1 1.5 ");
                for (int i = random.Next(1, 40); i > 0; i--)
                    log.Append(alphabet[random.Next(alphabet.Length)]);
                log.Append('\n');
            }

            log.Append("1 2.0 +++ exited with 0 +++\n");
            Assert.NotEqual(Verdict.Clean, Evidence.OfStrace(log.ToString()).Verdict);
        }
    }

    private static byte[] Damage(byte[] whole, Random random)
    {
        List<byte> bytes = [.. whole];
        for (int times = random.Next(1, 6); times > 0 && bytes.Count > 4; times--)
        {
            int at = random.Next(bytes.Count), length = Math.Min(random.Next(1, 40), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    bytes.RemoveRange(at, length);
                    break;
                case 1:
                    bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length + 1), length));
                    break;
                case 2:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 3:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 4:
                    bytes.InsertRange(at, "99999999999999999999"u8.ToArray());
                    break;
                default:
                    bytes.InsertRange(at, "-1\"\\<>{}()[]"u8.ToArray());
                    break;
            }
        }

        return [.. bytes];
    }
}
