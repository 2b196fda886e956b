namespace ChildProc.Tool.Formats;

/// <summary>Colour, where it is wanted.</summary>
internal sealed class Paint(bool on)
{
    internal string Red(string text) => Wrap("31;1", text);

    internal string Yellow(string text) => Wrap("33", text);

    internal string Green(string text) => Wrap("32", text);

    internal string Faint(string text) => Wrap("2", text);

    private string Wrap(string code, string text) => on ? $"\e[{code}m{text}\e[0m" : text;
}
