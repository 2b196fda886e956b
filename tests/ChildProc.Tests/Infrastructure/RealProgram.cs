namespace ChildProc.Tests.Infrastructure;

/// <summary>A program of the system that a test is about; the test is skipped where it is missing.</summary>
internal static class RealProgram
{
    /// <summary>What the user has told such programs by his environment, taken away: language, options and how a shell ends.</summary>
    internal static Dictionary<string, string?> Environment(params ReadOnlySpan<(string Name, string? Value)> more)
    {
        Dictionary<string, string?> environment = new() { ["LC_ALL"] = "C.UTF-8" };
        foreach (string name in (string[])["LANGUAGE", "LESS", "LESSOPEN", "LESSKEY", "LINES", "COLUMNS", "HISTFILE", "PROMPT_COMMAND", "PS0", "IGNOREEOF", "TMOUT", "POSIXLY_CORRECT", "FORCE_COLOR", "TMUX"])
        {
            environment[name] = null;
        }

        environment["INPUTRC"] = "/dev/null";
        foreach ((string name, string? value) in more)
        {
            environment[name] = value;
        }

        return environment;
    }

    /// <summary>The path of the first that is here.</summary>
    internal static string Find(params string[] names)
    {
        foreach (string name in names)
        {
            foreach (string directory in (string[])["/usr/bin", "/bin", .. (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')])
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
