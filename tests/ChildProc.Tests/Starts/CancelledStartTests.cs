using ChildProc.Tests.Infrastructure;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Tests.Starts;

public sealed class CancelledStartTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_start_that_is_cancelled_waits_for_no_slow_program()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("childproc-slow");
        try
        {
            string path = Path.Combine(directory.FullName, "program");
            File.Copy(Puppet.Path, path);
            using SafeFileHandle writer = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite); // busy: the exec takes about a second
            await using IChildProcessHost host = TestHost.Create();
            using CancellationTokenSource cancel = new();
            Task<IChildProcess> start = host.StartAsync(new ChildProcessStartInfo(path, "exit", "0"), cancel.Token).AsTask();
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
