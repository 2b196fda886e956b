namespace ChildProc;

/// <summary>The step at which a child could not be started.</summary>
/// <remarks>The numbers are part of the protocol with the guardian (<c>protocol.h</c>) and never change.</remarks>
public enum StartStage
{
    /// <summary>Finding the program in the PATH of the child.</summary>
    Resolve = 1,

    /// <summary>Opening or entering the working directory.</summary>
    WorkingDirectory = 2,

    /// <summary>Opening or placing standard input, output or error.</summary>
    StandardStreams = 3,

    /// <summary>Passing or placing the inherited handles.</summary>
    Handles = 4,

    /// <summary>Making a new session or process group, or joining the host's.</summary>
    Session = 5,

    /// <summary>Changing the user, the group or the supplementary groups.</summary>
    Credentials = 6,

    /// <summary>Setting the file mode creation mask.</summary>
    Umask = 7,

    /// <summary>Setting the nice value.</summary>
    Priority = 8,

    /// <summary>Setting a resource limit.</summary>
    Limits = 9,

    /// <summary>Setting the no-new-privileges attribute.</summary>
    NoNewPrivileges = 10,

    /// <summary>Creating the process or executing the program: fork(2), execve(2).</summary>
    Execute = 11,

    /// <summary>The guardian or the supervisor could not do its part.</summary>
    Containment = 12,
}
