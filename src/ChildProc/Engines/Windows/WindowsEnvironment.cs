using System.Runtime.Versioning;
using System.Text;
using ChildProc.Diagnostics;
using ChildProc.Interop;
using ChildProc.Start;

namespace ChildProc.Engines.Windows;

/// <summary>The environment of a child on Windows: names differ by more than case, and are sorted.</summary>
/// <remarks>
/// From the block of the process itself, for .NET leaves out the hidden variables such as <c>=C:</c>, the current directory of a
/// drive. SYSTEMROOT is added where nothing says otherwise: without it no program can load the system's own libraries.
/// </remarks>
[SupportedOSPlatform("windows")]
internal sealed class WindowsEnvironment
{
    private const string SystemRoot = "SYSTEMROOT";
    private readonly SortedDictionary<string, string> _variables = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="ArgumentException">Two names of the overlay are one on Windows.</exception>
    internal WindowsEnvironment(ChildProcessStartInfo info)
    {
        if (info.InheritEnvironment)
        {
            AddHost();
        }

        HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string? value) in info.Environment)
        {
            if (!seen.Add(name))
            {
                Refuse(nameof(info.Environment), $"{Quote.Name(name)} is there twice: on Windows case makes no other variable.");
            }

            _variables.Remove(name); // with the case of its name
            if (value is not null)
            {
                _variables[name] = value;
            }
        }

        if (info.TerminalOptions?.Type is { } type)
        {
            _variables[EnvironmentBlock.Term] = type;
        }

        if (!seen.Contains(SystemRoot) && !_variables.ContainsKey(SystemRoot) && System.Environment.GetEnvironmentVariable(SystemRoot) is { } root)
        {
            _variables[SystemRoot] = root;
        }
    }

    internal string? this[string name] => _variables.GetValueOrDefault(name);

    /// <summary>As CreateProcess takes it: each variable and the whole ended by a NUL.</summary>
    internal string ToBlock()
    {
        StringBuilder block = new();
        foreach ((string name, string value) in _variables)
        {
            block.Append(name).Append('=').Append(value).Append('\0');
        }

        return block.Append(_variables.Count == 0 ? "\0\0" : "\0").ToString();
    }

    private static void Refuse(string property, string message) => throw new ArgumentException(message, property);

    private unsafe void AddHost()
    {
        char* block = Kernel32.GetEnvironmentStringsW();
        for (char* at = block; at is not null && *at != '\0';)
        {
            ReadOnlySpan<char> variable = System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(at);
            at += variable.Length + 1;
            int equals = variable[1..].IndexOf('=') + 1; // a name may begin with one
            if (equals > 0)
            {
                _variables[variable[..equals].ToString()] = variable[(equals + 1)..].ToString();
            }
        }

        _ = Kernel32.FreeEnvironmentStringsW(block);
    }
}
