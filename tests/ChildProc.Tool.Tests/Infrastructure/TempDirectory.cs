namespace ChildProc.Tool.Tests.Infrastructure;

/// <summary>A directory that is gone with the test.</summary>
internal sealed class TempDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("childproc-tool-test-");

    internal string this[string name] => Path.Combine(_directory.FullName, name);

    public void Dispose() => _directory.Delete(recursive: true);
}
