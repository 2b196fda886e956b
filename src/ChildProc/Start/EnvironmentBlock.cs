using System.Collections;

namespace ChildProc.Start;

/// <summary>The environment of a child: the host's, with the overlay of the start info over it. Names are ordinal.</summary>
internal static class EnvironmentBlock
{
    internal const string Term = "TERM";
    private const string Pwd = "PWD";

    /// <summary>The variables, each name once, in no particular order.</summary>
    public static List<KeyValuePair<string, string>> Build(ChildProcessStartInfo info)
    {
        Dictionary<string, string?>? overlay = info.EnvironmentOverlay;
        List<KeyValuePair<string, string>> block = [];
        if (info.InheritEnvironment)
        {
            AddHost(block, info, overlay);
        }

        if (overlay is not null)
        {
            block.EnsureCapacity(block.Count + overlay.Count);
            foreach ((string name, string? value) in overlay)
            {
                if (value is not null)
                {
                    block.Add(new(name, value));
                }
            }
        }

        if (info.TerminalOptions?.Type is { } type)
        {
            block.Add(new(Term, type)); // AddHost has left it out, and the validator has seen that the overlay has none
        }

        return block;
    }

    /// <summary>The value of a variable, or null.</summary>
    public static string? Find(List<KeyValuePair<string, string>> block, string name)
    {
        foreach (KeyValuePair<string, string> variable in block)
        {
            if (variable.Key == name)
            {
                return variable.Value;
            }
        }

        return null;
    }

    private static void AddHost(
        List<KeyValuePair<string, string>> block, ChildProcessStartInfo info, Dictionary<string, string?>? overlay)
    {
        // An inherited PWD names the host's directory. A shell in the child would see through that, other programs
        // believe it, so it follows the directory, as in Go's os/exec since 1.19.
        bool setPwd = info.WorkingDirectory is not null && overlay?.ContainsKey(Pwd) != true;
        bool setTerm = info.TerminalOptions?.Type is not null;
        IDictionary host = System.Environment.GetEnvironmentVariables();
        block.EnsureCapacity(host.Count + 1 + (overlay?.Count ?? 0));

        // Not foreach: it would box every entry, on the path of each start that is not prepared.
        IDictionaryEnumerator variable = host.GetEnumerator();
        while (variable.MoveNext())
        {
            string name = (string)variable.Key;
            if (overlay?.ContainsKey(name) != true && !(setPwd && name == Pwd) && !(setTerm && name == Term))
            {
                block.Add(new(name, (string?)variable.Value ?? ""));
            }
        }

        if (setPwd)
        {
            block.Add(new(Pwd, ProgramPath.Absolute(info.WorkingDirectory!)));
        }
    }
}
