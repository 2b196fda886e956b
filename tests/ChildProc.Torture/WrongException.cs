namespace ChildProc.Torture;

/// <summary>The library did something else than the model says.</summary>
internal sealed class WrongException(string message) : Exception(message);
