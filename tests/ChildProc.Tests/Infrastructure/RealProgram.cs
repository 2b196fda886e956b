namespace ChildProc.Tests.Infrastructure;

/// <summary>A program of the system that a test is about; the test is skipped where it is missing.</summary>
internal static class RealProgram
{
    /// <summary>The path of the first that is here.</summary>
    internal static string Find(params string[] names)
    {
        foreach (string name in names)
        {
            foreach (string directory in (string[])["/usr/bin", "/bin", .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')])
            {
                string path = Path.Combine(directory, name);
                if (File.Exists(path))
                {
                    return path;
                }
            }
        }

        Assert.Skip($"{string.Join(" or ", names)} is not installed");
        return "";
    }
}
