; The installer. All that one app differs in from another is defined on the command line: see windows.go.
;
;   setup.exe [/S] [/AllUsers | /CurrentUser] [/D=C:\folder]     /S asks nothing; /D has to come last, without quotes
;   uninstall.exe [/S]
Unicode true
Target amd64-unicode
ManifestDPIAware true
ManifestSupportedOS Win10
SetCompressor /SOLID lzma
Name "${NAME}"
OutFile "${OUTPUT}"
BrandingText "${NAME} ${VERSION}"
VIProductVersion "${FOUR}"
VIAddVersionKey ProductName "${NAME}"
VIAddVersionKey FileDescription "${NAME} Setup"
VIAddVersionKey CompanyName "${PUBLISHER}"
VIAddVersionKey LegalCopyright "${PUBLISHER}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey ProductVersion "${VERSION}"

!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\${ID}"
!define CLASS_KEY "Software\Classes\${SCHEME}"

; For one person unless asked otherwise: that needs no administrator.
!define MULTIUSER_EXECUTIONLEVEL Highest
!define MULTIUSER_MUI
!define MULTIUSER_INSTALLMODE_COMMANDLINE
!define MULTIUSER_INSTALLMODE_DEFAULT_CURRENTUSER
!define MULTIUSER_INSTALLMODE_INSTDIR "${PACKAGE}"
!define MULTIUSER_INSTALLMODE_INSTDIR_REGISTRY_KEY "${UNINSTALL_KEY}"
!define MULTIUSER_INSTALLMODE_INSTDIR_REGISTRY_VALUENAME "InstallLocation"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_KEY "${UNINSTALL_KEY}"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_VALUENAME "InstallLocation"
!define MULTIUSER_USE_PROGRAMFILES64
!include MultiUser.nsh
!include MUI2.nsh
!include LogicLib.nsh
!include FileFunc.nsh
!include x64.nsh

!define MUI_ICON "app.ico"
!define MUI_UNICON "app.ico"
!define MUI_FINISHPAGE_RUN "$INSTDIR\${PACKAGE}.exe"
!insertmacro MULTIUSER_PAGE_INSTALLMODE
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!uninstfinalize "${SIGN}"

Function .onInit
  ${IfNot} ${RunningX64}
    MessageBox MB_ICONSTOP "${NAME} needs a 64-bit Windows." /SD IDOK
    Abort
  ${EndIf}
  SetRegView 64
  !insertmacro MULTIUSER_INIT
FunctionEnd

Function un.onInit
  SetRegView 64
  !insertmacro MULTIUSER_UNINIT
FunctionEnd

; A program that runs cannot be replaced. Windows locks its file, and so it is told.
!macro EndProgram
  ${Do}
    ClearErrors
    ${IfNot} ${FileExists} "$INSTDIR\${PACKAGE}.exe"
      ${ExitDo}
    ${EndIf}
    FileOpen $0 "$INSTDIR\${PACKAGE}.exe" a
    ${IfNot} ${Errors}
      FileClose $0
      ${ExitDo}
    ${EndIf}
    MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "${NAME} is running. Close it, then try again." /SD IDCANCEL IDRETRY +2
    Abort "${NAME} is running. Close it, then start this again."
  ${Loop}
!macroend

Section
  !insertmacro EndProgram
  SetOutPath "$INSTDIR"
  File "${PACKAGE}.exe"
  File "licenses.txt"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortCut "$SMPROGRAMS\${NAME}.lnk" "$INSTDIR\${PACKAGE}.exe"

  ; The quotes keep a path with spaces, and a link with anything in it, in one piece.
  WriteRegStr SHCTX "${CLASS_KEY}" "" "URL:${NAME}"
  WriteRegStr SHCTX "${CLASS_KEY}" "URL Protocol" ""
  WriteRegStr SHCTX "${CLASS_KEY}\Application" "ApplicationName" "${NAME}"
  WriteRegStr SHCTX "${CLASS_KEY}\DefaultIcon" "" '"$INSTDIR\${PACKAGE}.exe",0'
  WriteRegStr SHCTX "${CLASS_KEY}\shell\open\command" "" '"$INSTDIR\${PACKAGE}.exe" ${MARKER} "%1"'

  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayName" "${NAME}"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayIcon" '"$INSTDIR\${PACKAGE}.exe"'
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "Publisher" "${PUBLISHER}"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "URLInfoAbout" "${HOMEPAGE}"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode'
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode /S'
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "EstimatedSize" $0
  Call TellShell
  Call CheckWebView2
SectionEnd

; Explorer keeps in memory who opens which link.
!macro TellShell
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
!macroend

Function TellShell
  !insertmacro TellShell
FunctionEnd

; The window's content is drawn by WebView2, which Windows 11 has and an old Windows 10 may not. Its version stands in one of
; three places: learn.microsoft.com/microsoft-edge/webview2/concepts/distribution
!define WEBVIEW2 "Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"
Function CheckWebView2
  ReadRegStr $0 HKLM "SOFTWARE\WOW6432Node\${WEBVIEW2}" "pv"
  ${If} $0 == ""
    ReadRegStr $0 HKLM "SOFTWARE\${WEBVIEW2}" "pv"
  ${EndIf}
  ${If} $0 == ""
    ReadRegStr $0 HKCU "Software\${WEBVIEW2}" "pv"
  ${EndIf}
  ${If} $0 == ""
  ${OrIf} $0 == "0.0.0.0"
    DetailPrint "The WebView2 runtime is missing."
    MessageBox MB_YESNO|MB_ICONINFORMATION "${NAME} is installed, but it cannot show its window: this Windows has no WebView2 runtime. Open Microsoft's page to get it?" /SD IDNO IDNO +2
    ExecShell "open" "https://developer.microsoft.com/microsoft-edge/webview2/"
  ${EndIf}
FunctionEnd

Section Uninstall
  !insertmacro EndProgram
  Delete "$INSTDIR\${PACKAGE}.exe"
  Delete "$INSTDIR\licenses.txt"
  ; What runs here is a copy; the program that made the copy may still be about to end, and cannot be deleted before.
  StrCpy $1 0
  ${Do}
    ClearErrors
    Delete "$INSTDIR\uninstall.exe"
    ${IfNot} ${Errors}
      ${ExitDo}
    ${EndIf}
    Sleep 100
    IntOp $1 $1 + 1
  ${LoopUntil} $1 = 100
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\${NAME}.lnk"
  ; Another program may have taken the scheme since.
  ReadRegStr $0 SHCTX "${CLASS_KEY}\shell\open\command" ""
  ${If} $0 == '"$INSTDIR\${PACKAGE}.exe" ${MARKER} "%1"'
    DeleteRegKey SHCTX "${CLASS_KEY}"
  ${EndIf}
  DeleteRegKey SHCTX "${UNINSTALL_KEY}"
  !insertmacro TellShell
SectionEnd
