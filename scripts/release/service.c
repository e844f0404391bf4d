// Keeps `stopgap.exe run` as a service of Windows: Node cannot speak to the service control manager, so this does, and
// does nothing else. Windows says stop: the daemon's input is closed, and it ends as with Ctrl-C. What follows our own
// name on the command line is handed on (--config FILE).
#define WIN32_LEAN_AND_MEAN
#define _WIN32_WINNT 0x0602
#include <windows.h>
#include <stdio.h>
#include <wchar.h>

#define NAME L"Stopgap"
#define ROOM 32768
#define PATIENCE_MS 120000
#define STEP_MS 2000
#define LARGEST_LOG (16LL << 20)

static SERVICE_STATUS_HANDLE service;
static HANDLE told_to_stop;
static wchar_t folder[ROOM];

struct daemon {
  HANDLE process, job, input;
};

// `failure`: what the service failed with; 0 is none.
static void tell(DWORD state, DWORD failure) {
  static DWORD checkpoint;
  SERVICE_STATUS status = {0};
  BOOL moving = state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING;
  status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
  status.dwCurrentState = state;
  // Before the shutdown proper, when other services still run and there is time.
  status.dwControlsAccepted = state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PRESHUTDOWN : 0;
  status.dwWin32ExitCode = failure == 0 ? NO_ERROR : ERROR_SERVICE_SPECIFIC_ERROR;
  status.dwServiceSpecificExitCode = failure;
  // Windows takes a service for dead whose checkpoint does not grow.
  status.dwCheckPoint = moving ? ++checkpoint : 0;
  status.dwWaitHint = moving ? 5 * STEP_MS : 0;
  SetServiceStatus(service, &status);
}

static DWORD WINAPI on_control(DWORD control, DWORD type, void *data, void *context) {
  (void)type, (void)data, (void)context;
  switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_PRESHUTDOWN:
      SetEvent(told_to_stop);
      return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE:
      return NO_ERROR;
    default:
      return ERROR_CALL_NOT_IMPLEMENTED;
  }
}

// An installer of ours cannot say it: start after the services of the server, start again after a failure, and have as long to
// stop when the machine does, for which Windows gives 10 seconds since Server 2019. What somebody has set stays.
static void set_up(void) {
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  SC_HANDLE self = manager == NULL ? NULL : OpenServiceW(manager, NAME, SERVICE_ALL_ACCESS);
  DWORD buffer[2048], needed;
  if (self != NULL &&
      QueryServiceConfig2W(self, SERVICE_CONFIG_FAILURE_ACTIONS, (BYTE *)buffer, sizeof buffer, &needed) &&
      ((SERVICE_FAILURE_ACTIONSW *)buffer)->cActions == 0) {
    SC_ACTION actions[] = {{SC_ACTION_RESTART, 10000}, {SC_ACTION_RESTART, 60000}, {SC_ACTION_RESTART, 300000}};
    SERVICE_FAILURE_ACTIONSW failure = {86400, NULL, NULL, 3, actions};
    // Also where it ends by itself with an error, not only where it crashes.
    SERVICE_FAILURE_ACTIONS_FLAG also = {TRUE};
    ChangeServiceConfig2W(self, SERVICE_CONFIG_FAILURE_ACTIONS, &failure);
    SERVICE_DELAYED_AUTO_START_INFO later = {TRUE};
    SERVICE_PRESHUTDOWN_INFO patience = {PATIENCE_MS + STEP_MS};
    ChangeServiceConfig2W(self, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &also);
    ChangeServiceConfig2W(self, SERVICE_CONFIG_PRESHUTDOWN_INFO, &patience);
    ChangeServiceConfig2W(self, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &later);
  }
  if (self != NULL) CloseServiceHandle(self);
  if (manager != NULL) CloseServiceHandle(manager);
}

// Everything behind our own name, as it was written.
static const wchar_t *arguments(void) {
  const wchar_t *rest = GetCommandLineW();
  wchar_t end = *rest == L'"' ? L'"' : L' ';
  if (end == L'"') rest++;
  while (*rest != 0 && *rest != end) rest++;
  return *rest == L'"' ? rest + 1 : rest;
}

static HANDLE open_log(void) {
  static wchar_t path[ROOM], old[ROOM];
  SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
  WIN32_FILE_ATTRIBUTE_DATA there;
  swprintf(path, ROOM, L"%ls\\log", folder);
  CreateDirectoryW(path, NULL);
  swprintf(path, ROOM, L"%ls\\log\\stopgap.log", folder);
  swprintf(old, ROOM, L"%ls\\log\\stopgap.old.log", folder);
  if (GetFileAttributesExW(path, GetFileExInfoStandard, &there) &&
      (((long long)there.nFileSizeHigh << 32) | there.nFileSizeLow) > LARGEST_LOG)
    MoveFileExW(path, old, MOVEFILE_REPLACE_EXISTING);
  return CreateFileW(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, &inherited,
                     OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
}

// 0, or the error of Windows.
static DWORD start(struct daemon *daemon) {
  static wchar_t program[ROOM], command[ROOM];
  SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
  STARTUPINFOW how = {0};
  PROCESS_INFORMATION made;
  HANDLE log = open_log(), input;
  DWORD error = 0;
  if (log == INVALID_HANDLE_VALUE) return GetLastError();
  if (!CreatePipe(&input, &daemon->input, &inherited, 0)) return GetLastError();
  // Ours stays ours: as long as anybody else has it, the input has no end.
  SetHandleInformation(daemon->input, HANDLE_FLAG_INHERIT, 0);
  // Whatever becomes of us, nothing is left behind.
  daemon->job = CreateJobObjectW(NULL, NULL);
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  SetInformationJobObject(daemon->job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
  SetEnvironmentVariableW(L"STOPGAP_STOP", L"input-end");
  how.cb = sizeof how;
  how.dwFlags = STARTF_USESTDHANDLES;
  how.hStdInput = input;
  how.hStdOutput = how.hStdError = log;
  swprintf(program, ROOM, L"%ls\\stopgap.exe", folder);
  swprintf(command, ROOM, L"\"%ls\" run%ls", program, arguments());
  if (CreateProcessW(program, command, NULL, NULL, TRUE, CREATE_NO_WINDOW | CREATE_SUSPENDED, NULL, folder, &how, &made)) {
    // Suspended until it is in the job: what it starts is then in it too.
    AssignProcessToJobObject(daemon->job, made.hProcess);
    ResumeThread(made.hThread);
    CloseHandle(made.hThread);
    daemon->process = made.hProcess;
  } else {
    error = GetLastError();
  }
  CloseHandle(input);
  CloseHandle(log);
  return error;
}

// Until the daemon has ended; what the service failed with, or 0.
static DWORD keep(struct daemon *daemon) {
  HANDLE either[] = {daemon->process, told_to_stop};
  DWORD code = 1, waited = 0;
  if (WaitForMultipleObjects(2, either, FALSE, INFINITE) == WAIT_OBJECT_0) {
    GetExitCodeProcess(daemon->process, &code);
    // Nobody told it to stop: that it calls this well does not make it so.
    return code == 0 ? 1 : code;
  }
  CloseHandle(daemon->input);
  do {
    tell(SERVICE_STOP_PENDING, 0);
    if (WaitForSingleObject(daemon->process, STEP_MS) == WAIT_OBJECT_0) {
      GetExitCodeProcess(daemon->process, &code);
      return code;
    }
  } while ((waited += STEP_MS) < PATIENCE_MS);
  TerminateJobObject(daemon->job, 1);
  return ERROR_TIMEOUT;
}

static void WINAPI on_start(DWORD count, wchar_t **words) {
  struct daemon daemon = {0};
  DWORD failure;
  (void)count, (void)words;
  service = RegisterServiceCtrlHandlerExW(NAME, on_control, NULL);
  if (service == NULL) return;
  tell(SERVICE_START_PENDING, 0);
  told_to_stop = CreateEventW(NULL, TRUE, FALSE, NULL);
  set_up();
  failure = start(&daemon);
  if (failure == 0) {
    tell(SERVICE_RUNNING, 0);
    failure = keep(&daemon);
  }
  // With it goes whatever the daemon started and left.
  if (daemon.job != NULL) CloseHandle(daemon.job);
  tell(SERVICE_STOPPED, failure);
}

int wmain(void) {
  SERVICE_TABLE_ENTRYW table[] = {{NAME, on_start}, {NULL, NULL}};
  DWORD length = GetModuleFileNameW(NULL, folder, ROOM - 64);
  while (length > 0 && folder[length] != L'\\') length--;
  folder[length] = 0;
  if (StartServiceCtrlDispatcherW(table)) return 0;
  fputs("This is started by Windows, as the service Stopgap: sc.exe start Stopgap\n", stderr);
  return 1;
}
