namespace ChildProc;

/// <summary>What a terminal does with keys and output between the user and the child. See termios(3).</summary>
public enum TerminalMode
{
    /// <summary>
    /// Keys are echoed, edited and passed on by the line, and some make signals (Ctrl-C, Ctrl-\, Ctrl-Z); a line feed in the
    /// output becomes CR LF.
    /// </summary>
    Cooked = 0,

    /// <summary>As <see cref="Cooked"/>, but nothing is echoed: as while a password is asked for.</summary>
    CookedWithoutEcho = 1,

    /// <summary>Every byte passes unchanged, in both directions, at once and without echo; no key makes a signal. See cfmakeraw(3).</summary>
    Raw = 2,
}
