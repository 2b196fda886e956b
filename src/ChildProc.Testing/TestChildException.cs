namespace ChildProc.Testing;

/// <summary>A helper program did not become ready. The message says why, and what it printed.</summary>
public sealed class TestChildException : Exception
{
    internal TestChildException(string message)
        : base(message)
    {
    }
}
