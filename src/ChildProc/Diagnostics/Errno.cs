using System.Globalization;
using System.Runtime.InteropServices;
using ChildProc.Interop;

namespace ChildProc.Diagnostics;

/// <summary>Error numbers of the system: in words, and whether they may pass.</summary>
internal static class Errno
{
    // By number, as Linux has them on x64 and arm64: asm-generic/errno.h. 41 and 58 are not in use.
    private static readonly string[] s_names =
    [
        "", "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD",
        "EAGAIN", "ENOMEM", "EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV", "ENODEV", "ENOTDIR",
        "EISDIR", "EINVAL", "ENFILE", "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC", "ESPIPE", "EROFS",
        "EMLINK", "EPIPE", "EDOM", "ERANGE", "EDEADLK", "ENAMETOOLONG", "ENOLCK", "ENOSYS", "ENOTEMPTY",
        "ELOOP", "", "ENOMSG", "EIDRM", "ECHRNG", "EL2NSYNC", "EL3HLT", "EL3RST", "ELNRNG", "EUNATCH",
        "ENOCSI", "EL2HLT", "EBADE", "EBADR", "EXFULL", "ENOANO", "EBADRQC", "EBADSLT", "", "EBFONT", "ENOSTR",
        "ENODATA", "ETIME", "ENOSR", "ENONET", "ENOPKG", "EREMOTE", "ENOLINK", "EADV", "ESRMNT", "ECOMM",
        "EPROTO", "EMULTIHOP", "EDOTDOT", "EBADMSG", "EOVERFLOW", "ENOTUNIQ", "EBADFD", "EREMCHG", "ELIBACC",
        "ELIBBAD", "ELIBSCN", "ELIBMAX", "ELIBEXEC", "EILSEQ", "ERESTART", "ESTRPIPE", "EUSERS", "ENOTSOCK",
        "EDESTADDRREQ", "EMSGSIZE", "EPROTOTYPE", "ENOPROTOOPT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT",
        "EOPNOTSUPP", "EPFNOSUPPORT", "EAFNOSUPPORT", "EADDRINUSE", "EADDRNOTAVAIL", "ENETDOWN", "ENETUNREACH",
        "ENETRESET", "ECONNABORTED", "ECONNRESET", "ENOBUFS", "EISCONN", "ENOTCONN", "ESHUTDOWN",
        "ETOOMANYREFS", "ETIMEDOUT", "ECONNREFUSED", "EHOSTDOWN", "EHOSTUNREACH", "EALREADY", "EINPROGRESS",
        "ESTALE", "EUCLEAN", "ENOTNAM", "ENAVAIL", "EISNAM", "EREMOTEIO", "EDQUOT", "ENOMEDIUM", "EMEDIUMTYPE",
        "ECANCELED", "ENOKEY", "EKEYEXPIRED", "EKEYREVOKED", "EKEYREJECTED", "EOWNERDEAD", "ENOTRECOVERABLE",
        "ERFKILL", "EHWPOISON",
    ];

    /// <summary>
    /// A shortage, an interruption, or an answer that did not come in time: at another moment the same call may succeed, so no
    /// decision that outlives the call may be drawn from it. By the numbers of Linux.
    /// </summary>
    public static bool MayPass(int errno) => errno is Libc.EINTR or Libc.EAGAIN or Libc.ENOMEM or Libc.ENFILE or Libc.EMFILE or Libc.ENOSPC
        or Libc.EDQUOT or Libc.ETXTBSY or Libc.ENOBUFS or Libc.ETOOMANYREFS or Libc.ETIMEDOUT or Libc.ECONNRESET;

    /// <summary>The name, "ENOENT" for example; null where the number has none or the system is not Linux.</summary>
    public static string? Name(int errno) =>
        OperatingSystem.IsLinux() && (uint)errno < (uint)s_names.Length && s_names[errno].Length > 0
            ? s_names[errno]
            : null;

    /// <summary>Name and number: "ENOENT, errno 2"; on Windows, where they have no names, "error 2".</summary>
    public static string Code(int errno)
    {
        string number = errno.ToString(CultureInfo.InvariantCulture);
        return OperatingSystem.IsWindows() ? $"error {number}" : Name(errno) is { } name ? $"{name}, errno {number}" : $"errno {number}";
    }

    /// <summary>Text, name and number: "No such file or directory (ENOENT, errno 2)".</summary>
    public static string Describe(int errno) => $"{Marshal.GetPInvokeErrorMessage(errno).TrimEnd('.', ' ')} ({Code(errno)})";
}
