namespace ChildProc;

/// <summary>The base of all exceptions of this library but those for faulty arguments and cancellation.</summary>
public class ChildProcessException : Exception
{
    /// <summary>Makes an exception with a general message.</summary>
    public ChildProcessException()
        : base("A child process failed.")
    {
    }

    /// <summary>Makes an exception with a message.</summary>
    /// <param name="message">The message.</param>
    public ChildProcessException(string? message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a message and a cause.</summary>
    /// <param name="message">The message.</param>
    /// <param name="innerException">The cause; may be null.</param>
    public ChildProcessException(string? message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
