using System.Globalization;

namespace ChildProc.Tests.Infrastructure;

/// <summary>A group of the pids controller (cgroup v1): so many processes and threads, and no more. At its end all that is in it is free again.</summary>
internal sealed class ProcessCountLimit : IAsyncDisposable
{
    private readonly string _path;

    private ProcessCountLimit(string path) => _path = path;

    /// <summary>Skips the test where there is no such controller that may be written.</summary>
    internal static ProcessCountLimit Create()
    {
        string path = "/sys/fs/cgroup/pids/childproc-" + Guid.NewGuid().ToString("N");
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip("no pids controller of cgroup v1 that may be written: " + e.Message);
        }

        return new ProcessCountLimit(path);
    }

    internal void Add(int pid) => File.WriteAllText(_path + "/cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));

    internal void Forbid() => File.WriteAllText(_path + "/pids.max", "1");

    internal void Allow() => File.WriteAllText(_path + "/pids.max", "max");

    public async ValueTask DisposeAsync()
    {
        Allow();
        await Eventually.HoldsAsync(
            () =>
            {
                try
                {
                    Directory.Delete(_path);
                    return true;
                }
                catch (IOException)
                {
                    return false; // processes on their way out, and zombies that init has not buried yet
                }
            },
            "the group is empty");
    }
}
