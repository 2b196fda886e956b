using System.Globalization;
using ChildProc.Tool.Tests.Infrastructure;

namespace ChildProc.Tool.Tests.Audit;

/// <summary>A log of any size passes through; CHILDPROC_LARGE_LOG_MB makes it as large as wanted.</summary>
public class LargeLogTests
{
    private const long MemoryBound = 300L << 20;

    [Fact(Timeout = 900_000)]
    public async Task A_large_log_is_audited_in_bounded_memory()
    {
        int megabytes = int.TryParse(Environment.GetEnvironmentVariable("CHILDPROC_LARGE_LOG_MB"), NumberStyles.None, CultureInfo.InvariantCulture, out int wanted) ? wanted : 100;
        using TempDirectory directory = new();
        string path = directory["large.strace"];
        long processes = Write(path, megabytes * 1_000_000L);
        long began = System.Diagnostics.Stopwatch.GetTimestamp();

        // Not that of the processor's caches, which may be larger than the bound: 16 MiB for the collector's youngest generation.
        ToolRun run = await ToolRun.StartAsync(new() { ["DOTNET_GCgen0size"] = "1000000" }, ["audit", path]);
        TestContext.Current.SendDiagnosticMessage($"{new FileInfo(path).Length} bytes, {processes} processes: {System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s, {run.Usage.PeakMemoryBytes >> 20} MiB");
        Assert.True(run.Status == 0, run.Error);
        Assert.Contains($"{processes} processes created = {processes} reaped", run.Error, StringComparison.Ordinal);
        Assert.InRange(run.Usage.PeakMemoryBytes, 1, MemoryBound);
    }

    /// <summary>A build: process after process, each with its libraries, files, a pipe and a reap.</summary>
    private static long Write(string path, long size)
    {
        using StreamWriter writer = new(path);
        string At(long line) => string.Create(CultureInfo.InvariantCulture, $"{1_700_000_000 + line / 10_000}.{line % 10_000 * 100_000:000000000}");
        long line = 0, written = 0, processes = 0;
        void Line(int tid, string text)
        {
            string whole = $"{tid} {At(line++)} {text}\n";
            written += whole.Length;
            writer.Write(whole);
        }

        Line(1, "execve(\"/usr/bin/make\", [\"make\"], 0x7ffd /* 43 vars */) = 0 <0.000321>");
        while (written < size)
        {
            int child = 1000 + (int)(processes++ % 30_000);
            Line(1, $"pipe2([3<pipe:[{processes}]>, 4<pipe:[{processes}]>], O_CLOEXEC) = 0 <0.000010>");
            Line(1, "vfork( <unfinished ...>");
            Line(child, $"dup2(4<pipe:[{processes}]>, 1</dev/null>) = 1<pipe:[{processes}]> <0.000010>");
            Line(child, $"execve(\"/usr/bin/cc\", [\"cc\", \"-c\", \"file{processes}.c\"], 0x55ad /* 43 vars */ <unfinished ...>");
            Line(1, $"<... vfork resumed>) = {child} <0.000204>");
            Line(child, "<... execve resumed>) = 0 <0.000160>");
            Line(1, $"close(4<pipe:[{processes}]>) = 0 <0.000010>");
            for (int i = 0; i < 8; i++)
            {
                Line(child, $"openat(AT_FDCWD</src>, \"/usr/include/header{i}.h\", O_RDONLY|O_CLOEXEC) = 5</usr/include/header{i}.h> <0.000011>");
                Line(child, $"close(5</usr/include/header{i}.h>) = 0 <0.000007>");
            }

            Line(child, "exit_group(0) = ?");
            Line(child, "+++ exited with 0 +++");
            Line(1, $"wait4({child}, [{{WIFEXITED(s) && WEXITSTATUS(s) == 0}}], 0, NULL) = {child} <0.000019>");
            Line(1, $"close(3<pipe:[{processes}]>) = 0 <0.000010>");
        }

        Line(1, "+++ exited with 0 +++");
        return processes;
    }
}
