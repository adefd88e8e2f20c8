@echo off
rem Written by the generator in plugins/plugin_utils/_host/collect.py from the list of probes. Do not edit.
rem
rem Collects what an assessment of this server needs, for use where no network reaches it. Changes nothing.
rem   collect.cmd            writes beside this script, or to the temporary folder when that cannot be written
rem   collect.cmd D:\answers writes below a folder that exists, so the script itself may stand on a read-only stick
rem Run it as administrator (right mouse button): without that it works too, and some answers will be missing.
rem What leaves the server: versions, updates, services, registry settings, the security and audit policy, open ports,
rem who may write where, members of groups. No password, no key, and nothing out of a user's own registry.
if not defined PROCESSOR_ARCHITEW6432 goto native
if not exist "%windir%\Sysnative\cmd.exe" goto native
"%windir%\Sysnative\cmd.exe" /c ""%~f0" %*"
exit /b %errorlevel%
:native
setlocal enableextensions disabledelayedexpansion
set "stamp="
set "ask=wmic path Win32_OperatingSystem get LocalDateTime /value"
for /f "tokens=2 delims==." %%t in ('%ask% ^<nul 2^>nul') do if not defined stamp set "stamp=%%t"
if not defined stamp set "stamp=%random%%random%"
set "name=sunset-evidence-%COMPUTERNAME%-%stamp%"
set "w=%SystemRoot:\=\\%"
if "%~1"=="" goto default
set "out=%~1\%name%"
mkdir "%out%" 2>nul
if exist "%out%\" goto collect
echo Cannot write to "%~1": name a folder that exists and can be written.
exit /b 1
:default
set "out=%~dp0%name%"
mkdir "%out%" 2>nul
if exist "%out%\" goto collect
set "out=%TEMP%\%name%"
mkdir "%out%" 2>nul
if exist "%out%\" goto collect
echo Cannot write beside this script nor to "%TEMP%": name a folder, as in: collect.cmd D:\answers
exit /b 1
:collect
echo Collecting into "%out%" (this takes a minute or two) ...
>"%out%\evidence.txt" echo sunset.ws2008/evidence/1
chcp >"%out%\q001.txt" 2>&1
>>"%out%\index.txt" echo q001.txt %errorlevel% "extra:codepage"
ver >"%out%\q002.txt" 2>&1
>>"%out%\index.txt" echo q002.txt %errorlevel% "extra:version"
systeminfo >"%out%\q003.txt" 2>&1
>>"%out%\index.txt" echo q003.txt %errorlevel% "extra:systeminfo"
wmic path Win32_OperatingSystem get Caption,Version,BuildNumber,ServicePackMajorVersion,ProductType,OperatingSystemSKU,OSArchitecture,OSLanguage,CodeSet,LastBootUpTime,LocalDateTime,WindowsDirectory,SystemDrive,DataExecutionPrevention_SupportPolicy /value <nul >"%out%\q004.txt" 2>nul
>>"%out%\index.txt" echo q004.txt %errorlevel% "rows:os"
wmic path Win32_ComputerSystem get Name,Domain,PartOfDomain,DomainRole,TotalPhysicalMemory,Manufacturer,Model /value <nul >"%out%\q005.txt" 2>nul
>>"%out%\index.txt" echo q005.txt %errorlevel% "rows:computer"
wmic path Win32_QuickFixEngineering get HotFixID /value <nul >"%out%\q006.txt" 2>nul
>>"%out%\index.txt" echo q006.txt %errorlevel% "rows:hotfixes"
wmic path Win32_Service get Name,State,StartMode,StartName,PathName /value <nul >"%out%\q007.txt" 2>nul
>>"%out%\index.txt" echo q007.txt %errorlevel% "rows:services"
wmic path CIM_DataFile where "Name='%w%\\system32\\ntoskrnl.exe' OR Name='%w%\\system32\\crypt32.dll' OR Name='%w%\\system32\\appinfo.dll' OR Name='%w%\\system32\\spoolsv.exe' OR Name='%w%\\system32\\schannel.dll' OR Name='%w%\\system32\\kerberos.dll' OR Name='%w%\\system32\\wuaueng.dll' OR Name='%w%\\system32\\cmitrust.dll' OR Name='%w%\\system32\\mshtml.dll' OR Name='%w%\\system32\\scksp.dll' OR Name='%w%\\system32\\drivers\\hvboot.sys' OR Name='%w%\\system32\\drivers\\srv.sys' OR Name='%w%\\system32\\drivers\\http.sys' OR Name='%w%\\system32\\drivers\\rdpwd.sys' OR Name='%w%\\system32\\drivers\\termdd.sys'" get Name,Version /value <nul >"%out%\q008.txt" 2>nul
>>"%out%\index.txt" echo q008.txt %errorlevel% "rows:files"
wmic path Win32_LogicalDisk where "DeviceID='%SystemDrive%'" get DeviceID,FreeSpace,Size /value <nul >"%out%\q009.txt" 2>nul
>>"%out%\index.txt" echo q009.txt %errorlevel% "rows:disk"
wmic path SoftwareLicensingProduct where "ID='553673ed-6ddf-419c-a153-b760283472fd' OR ID='04fa0286-fa74-401e-bbe9-fbfbb158010d' OR ID='16c08c85-0c8b-4009-9b2b-f1f7319e45f9' OR ID='32163ff8-e96d-40b1-973c-44b9bf096d83' OR ID='338554b7-6f0a-48b6-aef3-ff6b42f1398b' OR ID='0ed79ef1-052c-4362-9cdc-5141491d06dd' OR ID='8e7bfb1e-acc1-4f56-abae-b80fce56cd4b' OR PartialProductKey IS NOT NULL" get ID,Name,LicenseFamily,LicenseIsAddon,LicenseStatus,PartialProductKey,GracePeriodRemaining /value <nul >"%out%\q010.txt" 2>nul
>>"%out%\index.txt" echo q010.txt %errorlevel% "rows:licences"
wmic path Win32_SystemEnclosure get SMBIOSAssetTag /value <nul >"%out%\q011.txt" 2>nul
>>"%out%\index.txt" echo q011.txt %errorlevel% "rows:enclosure"
wmic path Win32_ServerFeature get ID /value <nul >"%out%\q012.txt" 2>nul
>>"%out%\index.txt" echo q012.txt %errorlevel% "rows:features"
wmic path Win32_UserAccount where "(LocalAccount=TRUE AND PasswordRequired=FALSE AND Disabled=FALSE) OR (LocalAccount=TRUE AND PasswordExpires=FALSE AND Disabled=FALSE)" get Name,LocalAccount,PasswordRequired,Disabled,PasswordExpires /value <nul >"%out%\q013.txt" 2>nul
>>"%out%\index.txt" echo q013.txt %errorlevel% "rows:wmi:Win32_UserAccount"
wmic path Win32_NetworkAdapterConfiguration where "IPEnabled=TRUE" get TcpipNetbiosOptions,SettingID,IPEnabled /value <nul >"%out%\q014.txt" 2>nul
>>"%out%\index.txt" echo q014.txt %errorlevel% "rows:wmi:Win32_NetworkAdapterConfiguration"
wmic path Win32_LogicalDisk where "DriveType=3" get FileSystem,DriveType /value <nul >"%out%\q015.txt" 2>nul
>>"%out%\index.txt" echo q015.txt %errorlevel% "rows:wmi:Win32_LogicalDisk"
dir /b /ad "%windir%\servicing\Version" >"%out%\q016.txt" 2>&1
>>"%out%\index.txt" echo q016.txt %errorlevel% "stack"
reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages" /s /v CurrentState >"%out%\q017.txt" 2>&1
>>"%out%\index.txt" echo q017.txt %errorlevel% "packages"
reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing" >"%out%\q018.txt" 2>&1
>>"%out%\index.txt" echo q018.txt %errorlevel% "key:"
reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending" >"%out%\q019.txt" 2>&1
>>"%out%\index.txt" echo q019.txt %errorlevel% "key:RebootPending"
reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\PackagesPending" >"%out%\q020.txt" 2>&1
>>"%out%\index.txt" echo q020.txt %errorlevel% "key:PackagesPending"
reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootInProgress" >"%out%\q021.txt" 2>&1
>>"%out%\index.txt" echo q021.txt %errorlevel% "key:RebootInProgress"
reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired" >"%out%\q022.txt" 2>&1
>>"%out%\index.txt" echo q022.txt %errorlevel% "update_restart"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\Session Manager" /v PendingFileRenameOperations >"%out%\q023.txt" 2>&1
>>"%out%\index.txt" echo q023.txt %errorlevel% "renames"
(if exist "%windir%\winsxs\pending.xml" (echo yes) else (echo no)) >"%out%\q024.txt" 2>&1
>>"%out%\index.txt" echo q024.txt %errorlevel% "pending_xml"
reg query HKLM\SOFTWARE\sunset.ws2008.no.such.key >"%out%\q025.txt" 2>&1
>>"%out%\index.txt" echo q025.txt %errorlevel% "reference"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\Session Manager" /v PendingFileRenameOperations2 >"%out%\q026.txt" 2>&1
>>"%out%\index.txt" echo q026.txt %errorlevel% "renames2"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\Session Manager" /v SetupExecute >"%out%\q027.txt" 2>&1
>>"%out%\index.txt" echo q027.txt %errorlevel% "setup_execute"
reg query HKLM\SOFTWARE\Microsoft\Updates /v UpdateExeVolatile >"%out%\q028.txt" 2>&1
>>"%out%\index.txt" echo q028.txt %errorlevel% "update_exe"
reg query HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName /v ComputerName >"%out%\q029.txt" 2>&1
>>"%out%\index.txt" echo q029.txt %errorlevel% "name_now"
reg query HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName /v ComputerName >"%out%\q030.txt" 2>&1
>>"%out%\index.txt" echo q030.txt %errorlevel% "name_next"
dir /b "%windir%\servicing\Packages\Package_for_KB*" >"%out%\q031.txt" 2>&1
>>"%out%\index.txt" echo q031.txt %errorlevel% "package_files"
find /c "(f)" "%windir%\Logs\CBS\CheckSUR.log" >"%out%\q032.txt" 2>&1
>>"%out%\index.txt" echo q032.txt %errorlevel% "check_found"
find /c "(fix)" "%windir%\Logs\CBS\CheckSUR.log" >"%out%\q033.txt" 2>&1
>>"%out%\index.txt" echo q033.txt %errorlevel% "check_fixed"
whoami /groups /fo csv /nh >"%out%\q034.txt" 2>&1
>>"%out%\index.txt" echo q034.txt %errorlevel% "account"
reg query HKLM\SYSTEM\CurrentControlSet\Control\Nls\CodePage /v OEMCP >"%out%\q035.txt" 2>&1
>>"%out%\index.txt" echo q035.txt %errorlevel% "oem"
reg query HKLM\SYSTEM\CurrentControlSet\Control\Nls\CodePage /v ACP >"%out%\q036.txt" 2>&1
>>"%out%\index.txt" echo q036.txt %errorlevel% "ansi"
netstat -nao | find ":0 " >"%out%\q037.txt" 2>&1
>>"%out%\index.txt" echo q037.txt %errorlevel% "listeners"
((if exist "%temp%\sunset.ws2008.inf" del "%temp%\sunset.ws2008.inf") & secedit /export /cfg "%temp%\sunset.ws2008.inf" /areas SECURITYPOLICY USER_RIGHTS /log "%temp%\sunset.ws2008.inf.log" /quiet >nul 2>&1 & type "%temp%\sunset.ws2008.inf" 2>&1 & del "%temp%\sunset.ws2008.inf" "%temp%\sunset.ws2008.inf.log") >"%out%\q038.txt" 2>&1
>>"%out%\index.txt" echo q038.txt %errorlevel% "security"
((if exist "%temp%\sunset.ws2008.csv" del "%temp%\sunset.ws2008.csv") & auditpol /backup /file:"%temp%\sunset.ws2008.csv" >nul 2>&1 & type "%temp%\sunset.ws2008.csv" 2>&1 & del "%temp%\sunset.ws2008.csv") >"%out%\q039.txt" 2>&1
>>"%out%\index.txt" echo q039.txt %errorlevel% "audit"
call winrm enumerate winrm/config/listener >"%out%\q040.txt" 2>&1
>>"%out%\index.txt" echo q040.txt %errorlevel% "winrm_listeners"
bcdedit /enum {current} >"%out%\q041.txt" 2>&1
>>"%out%\index.txt" echo q041.txt %errorlevel% "boot"
wmic /namespace:\\root\cimv2\security\microsoftvolumeencryption path Win32_EncryptableVolume get ProtectionStatus /value <nul >"%out%\q042.txt" 2>&1
>>"%out%\index.txt" echo q042.txt %errorlevel% "encryption"
wmic path Win32_Printer where "Shared=TRUE" get DeviceID /value <nul >"%out%\q043.txt" 2>&1
>>"%out%\index.txt" echo q043.txt %errorlevel% "printers:listed"
wmic path Win32_Printer where "Shared=TRUE" call GetSecurityDescriptor <nul >"%out%\q044.txt" 2>&1
>>"%out%\index.txt" echo q044.txt %errorlevel% "printers:told"
wmic path Win32_Share get Name,Type /value <nul >"%out%\q045.txt" 2>&1
>>"%out%\index.txt" echo q045.txt %errorlevel% "shares:listed"
wmic path Win32_LogicalShareSecuritySetting where "not Name=''" call GetSecurityDescriptor <nul >"%out%\q046.txt" 2>&1
>>"%out%\index.txt" echo q046.txt %errorlevel% "shares:told"
reg query HKLM\SYSTEM\CurrentControlSet\Services\HTTP /s >"%out%\q047.txt" 2>&1
>>"%out%\index.txt" echo q047.txt %errorlevel% "tls_bindings"
call winrm get winrm/config >"%out%\q048.txt" 2>&1
>>"%out%\index.txt" echo q048.txt %errorlevel% "winrm"
((if exist "%temp%\sunset.ws2008.acl" del "%temp%\sunset.ws2008.acl") & if exist "%SystemRoot%\System32\winevt\Logs\Application.evtx" (icacls "%SystemRoot%\System32\winevt\Logs\Application.evtx" /save "%temp%\sunset.ws2008.acl" >nul 2>&1 & type "%temp%\sunset.ws2008.acl" 2>&1 & del "%temp%\sunset.ws2008.acl") else (echo no)) >"%out%\q049.txt" 2>&1
>>"%out%\index.txt" echo q049.txt %errorlevel% "acl:%%SystemRoot%%\System32\winevt\Logs\Application.evtx"
((if exist "%temp%\sunset.ws2008.acl" del "%temp%\sunset.ws2008.acl") & if exist "%SystemRoot%\System32\winevt\Logs\Security.evtx" (icacls "%SystemRoot%\System32\winevt\Logs\Security.evtx" /save "%temp%\sunset.ws2008.acl" >nul 2>&1 & type "%temp%\sunset.ws2008.acl" 2>&1 & del "%temp%\sunset.ws2008.acl") else (echo no)) >"%out%\q050.txt" 2>&1
>>"%out%\index.txt" echo q050.txt %errorlevel% "acl:%%SystemRoot%%\System32\winevt\Logs\Security.evtx"
((if exist "%temp%\sunset.ws2008.acl" del "%temp%\sunset.ws2008.acl") & if exist "%SystemRoot%\System32\winevt\Logs\System.evtx" (icacls "%SystemRoot%\System32\winevt\Logs\System.evtx" /save "%temp%\sunset.ws2008.acl" >nul 2>&1 & type "%temp%\sunset.ws2008.acl" 2>&1 & del "%temp%\sunset.ws2008.acl") else (echo no)) >"%out%\q051.txt" 2>&1
>>"%out%\index.txt" echo q051.txt %errorlevel% "acl:%%SystemRoot%%\System32\winevt\Logs\System.evtx"
((if exist "%temp%\sunset.ws2008.acl" del "%temp%\sunset.ws2008.acl") & if exist "%SystemDrive%\." (icacls "%SystemDrive%\." /save "%temp%\sunset.ws2008.acl" >nul 2>&1 & type "%temp%\sunset.ws2008.acl" 2>&1 & del "%temp%\sunset.ws2008.acl") else (echo no)) >"%out%\q052.txt" 2>&1
>>"%out%\index.txt" echo q052.txt %errorlevel% "acl:%%SystemDrive%%\"
((if exist "%temp%\sunset.ws2008.acl" del "%temp%\sunset.ws2008.acl") & if exist "%SystemRoot%" (icacls "%SystemRoot%" /save "%temp%\sunset.ws2008.acl" >nul 2>&1 & type "%temp%\sunset.ws2008.acl" 2>&1 & del "%temp%\sunset.ws2008.acl") else (echo no)) >"%out%\q053.txt" 2>&1
>>"%out%\index.txt" echo q053.txt %errorlevel% "acl:%%SystemRoot%%"
((if exist "%temp%\sunset.ws2008.acl" del "%temp%\sunset.ws2008.acl") & if exist "%SystemRoot%\System32" (icacls "%SystemRoot%\System32" /save "%temp%\sunset.ws2008.acl" >nul 2>&1 & type "%temp%\sunset.ws2008.acl" 2>&1 & del "%temp%\sunset.ws2008.acl") else (echo no)) >"%out%\q054.txt" 2>&1
>>"%out%\index.txt" echo q054.txt %errorlevel% "acl:%%SystemRoot%%\System32"
((if exist "%temp%\sunset.ws2008.acl" del "%temp%\sunset.ws2008.acl") & if exist "%ProgramFiles%" (icacls "%ProgramFiles%" /save "%temp%\sunset.ws2008.acl" >nul 2>&1 & type "%temp%\sunset.ws2008.acl" 2>&1 & del "%temp%\sunset.ws2008.acl") else (echo no)) >"%out%\q055.txt" 2>&1
>>"%out%\index.txt" echo q055.txt %errorlevel% "acl:%%ProgramFiles%%"
((for /f "tokens=4*" %%a in ('reg query "HKLM\SYSTEM\CurrentControlSet\Services\NTDS\Parameters" /v "DSA Database file" 2^>nul') do @if "%%a"=="REG_SZ" (cmd /u /c "echo %%b"& (if exist "%temp%\sunset.ws2008.acl" del "%temp%\sunset.ws2008.acl") & icacls "%%b" /save "%temp%\sunset.ws2008.acl" >nul 2>&1 & type "%temp%\sunset.ws2008.acl" 2>&1 & del "%temp%\sunset.ws2008.acl"))) >"%out%\q056.txt" 2>&1
>>"%out%\index.txt" echo q056.txt %errorlevel% "acl:HKLM\SYSTEM\CurrentControlSet\Services\NTDS\Parameters\DSA Database file"
((for /f "tokens=5*" %%a in ('reg query "HKLM\SYSTEM\CurrentControlSet\Services\NTDS\Parameters" /v "Database log files path" 2^>nul') do @if "%%a"=="REG_SZ" (cmd /u /c "echo %%b"& (if exist "%temp%\sunset.ws2008.acl" del "%temp%\sunset.ws2008.acl") & icacls "%%b\*" /save "%temp%\sunset.ws2008.acl" >nul 2>&1 & type "%temp%\sunset.ws2008.acl" 2>&1 & del "%temp%\sunset.ws2008.acl"))) >"%out%\q057.txt" 2>&1
>>"%out%\index.txt" echo q057.txt %errorlevel% "acl:HKLM\SYSTEM\CurrentControlSet\Services\NTDS\Parameters\Database log files path"
((for /f "tokens=2*" %%a in ('reg query "HKLM\SYSTEM\CurrentControlSet\Services\Netlogon\Parameters" /v "SysVol" 2^>nul') do @if "%%a"=="REG_SZ" (cmd /u /c "echo %%b"& (if exist "%temp%\sunset.ws2008.acl" del "%temp%\sunset.ws2008.acl") & icacls "%%b" /save "%temp%\sunset.ws2008.acl" >nul 2>&1 & type "%temp%\sunset.ws2008.acl" 2>&1 & del "%temp%\sunset.ws2008.acl"))) >"%out%\q058.txt" 2>&1
>>"%out%\index.txt" echo q058.txt %errorlevel% "acl:HKLM\SYSTEM\CurrentControlSet\Services\Netlogon\Parameters\SysVol"
wmic /namespace:\\root\default class StdRegProv call GetSecurityDescriptor hDefKey=^&H80000002 sSubKeyName="SYSTEM\CurrentControlSet\Control\SecurePipeServers\winreg" <nul >"%out%\q059.txt" 2>&1
>>"%out%\index.txt" echo q059.txt %errorlevel% "key_acl:HKLM\SYSTEM\CurrentControlSet\Control\SecurePipeServers\winreg"
wmic /namespace:\\root\default class StdRegProv call GetSecurityDescriptor hDefKey=^&H80000002 sSubKeyName="SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" <nul >"%out%\q060.txt" 2>&1
>>"%out%\index.txt" echo q060.txt %errorlevel% "key_acl:HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon"
wmic /namespace:\\root\default class StdRegProv call GetSecurityDescriptor hDefKey=^&H80000002 sSubKeyName="SOFTWARE\Microsoft\Active Setup\Installed Components" <nul >"%out%\q061.txt" 2>&1
>>"%out%\index.txt" echo q061.txt %errorlevel% "key_acl:HKLM\SOFTWARE\Microsoft\Active Setup\Installed Components"
wmic /namespace:\\root\default class StdRegProv call GetSecurityDescriptor hDefKey=^&H80000002 sSubKeyName="SOFTWARE\Wow6432Node\Microsoft\Active Setup\Installed Components" <nul >"%out%\q062.txt" 2>&1
>>"%out%\index.txt" echo q062.txt %errorlevel% "key_acl:HKLM\SOFTWARE\Wow6432Node\Microsoft\Active Setup\Installed Components"
for /f "tokens=2 delims==" %%a in ('wmic path Win32_Group where "SID='S-1-5-32-544'" get Name /value ^<nul 2^>nul') do @for /f "delims=" %%b in ("%%a") do @net localgroup "%%b" >"%out%\q063.txt" 2>&1
>>"%out%\index.txt" echo q063.txt %errorlevel% "group:S-1-5-32-544"
for /f "tokens=2 delims==" %%a in ('wmic path Win32_Group where "SID='S-1-5-32-555'" get Name /value ^<nul 2^>nul') do @for /f "delims=" %%b in ("%%a") do @net localgroup "%%b" >"%out%\q064.txt" 2>&1
>>"%out%\index.txt" echo q064.txt %errorlevel% "group:S-1-5-32-555"
for /f "tokens=2 delims==" %%a in ('wmic path Win32_Group where "SID='S-1-5-32-551'" get Name /value ^<nul 2^>nul') do @for /f "delims=" %%b in ("%%a") do @net localgroup "%%b" >"%out%\q065.txt" 2>&1
>>"%out%\index.txt" echo q065.txt %errorlevel% "group:S-1-5-32-551"
reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion" 2>&1 | find /v "DigitalProductId" >"%out%\q066.txt" 2>&1
>>"%out%\index.txt" echo q066.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
reg query HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Servicing\Codesigning\SHA2 >"%out%\q067.txt" 2>&1
>>"%out%\index.txt" echo q067.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Servicing\Codesigning\SHA2"
reg query "HKLM\SOFTWARE\Microsoft\Internet Explorer" >"%out%\q068.txt" 2>&1
>>"%out%\index.txt" echo q068.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Internet Explorer"
reg query "HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v2.0.50727" >"%out%\q069.txt" 2>&1
>>"%out%\index.txt" echo q069.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v2.0.50727"
reg query "HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v3.0" >"%out%\q070.txt" 2>&1
>>"%out%\index.txt" echo q070.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v3.0"
reg query "HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v3.5" >"%out%\q071.txt" 2>&1
>>"%out%\index.txt" echo q071.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v3.5"
reg query "HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Client" >"%out%\q072.txt" 2>&1
>>"%out%\index.txt" echo q072.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Client"
reg query "HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full" >"%out%\q073.txt" 2>&1
>>"%out%\index.txt" echo q073.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full"
reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" >"%out%\q074.txt" 2>&1
>>"%out%\index.txt" echo q074.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon"
reg query HKLM\SYSTEM\CurrentControlSet\Services\NTDS\Parameters >"%out%\q075.txt" 2>&1
>>"%out%\index.txt" echo q075.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\NTDS\Parameters"
reg query HKLM\SYSTEM\CurrentControlSet\Services\Netlogon\Parameters >"%out%\q076.txt" 2>&1
>>"%out%\index.txt" echo q076.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\Netlogon\Parameters"
reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Spynet" >"%out%\q077.txt" 2>&1
>>"%out%\index.txt" echo q077.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Spynet"
reg query HKLM\SYSTEM\CurrentControlSet\Control\Lsa >"%out%\q078.txt" 2>&1
>>"%out%\index.txt" echo q078.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\Lsa"
reg query HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\Explorer >"%out%\q079.txt" 2>&1
>>"%out%\index.txt" echo q079.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\Explorer"
reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\IniFileMapping\Autorun.inf" >"%out%\q080.txt" 2>&1
>>"%out%\index.txt" echo q080.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\IniFileMapping\Autorun.inf"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\EventLog\Application >"%out%\q081.txt" 2>&1
>>"%out%\index.txt" echo q081.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\EventLog\Application"
reg query HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application >"%out%\q082.txt" 2>&1
>>"%out%\index.txt" echo q082.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\EventLog\System >"%out%\q083.txt" 2>&1
>>"%out%\index.txt" echo q083.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\EventLog\System"
reg query HKLM\SYSTEM\CurrentControlSet\Services\EventLog\System >"%out%\q084.txt" 2>&1
>>"%out%\index.txt" echo q084.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\EventLog\System"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\EventLog\Setup >"%out%\q085.txt" 2>&1
>>"%out%\index.txt" echo q085.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\EventLog\Setup"
reg query HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Setup >"%out%\q086.txt" 2>&1
>>"%out%\index.txt" echo q086.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Setup"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\EventLog\Security >"%out%\q087.txt" 2>&1
>>"%out%\index.txt" echo q087.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\EventLog\Security"
reg query HKLM\SYSTEM\CurrentControlSet\Services\Eventlog\Security >"%out%\q088.txt" 2>&1
>>"%out%\index.txt" echo q088.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\Eventlog\Security"
reg query HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\DomainProfile >"%out%\q089.txt" 2>&1
>>"%out%\index.txt" echo q089.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\DomainProfile"
reg query HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\DomainProfile >"%out%\q090.txt" 2>&1
>>"%out%\index.txt" echo q090.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\DomainProfile"
reg query HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\DomainProfile\Logging >"%out%\q091.txt" 2>&1
>>"%out%\index.txt" echo q091.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\DomainProfile\Logging"
reg query HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\DomainProfile\Logging >"%out%\q092.txt" 2>&1
>>"%out%\index.txt" echo q092.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\DomainProfile\Logging"
reg query HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\PrivateProfile >"%out%\q093.txt" 2>&1
>>"%out%\index.txt" echo q093.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\PrivateProfile"
reg query HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile >"%out%\q094.txt" 2>&1
>>"%out%\index.txt" echo q094.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile"
reg query HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\PrivateProfile\Logging >"%out%\q095.txt" 2>&1
>>"%out%\index.txt" echo q095.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\PrivateProfile\Logging"
reg query HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile\Logging >"%out%\q096.txt" 2>&1
>>"%out%\index.txt" echo q096.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile\Logging"
reg query HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\PublicProfile >"%out%\q097.txt" 2>&1
>>"%out%\index.txt" echo q097.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\PublicProfile"
reg query HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\PublicProfile >"%out%\q098.txt" 2>&1
>>"%out%\index.txt" echo q098.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\PublicProfile"
reg query HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\PublicProfile\Logging >"%out%\q099.txt" 2>&1
>>"%out%\index.txt" echo q099.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\PublicProfile\Logging"
reg query HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\PublicProfile\Logging >"%out%\q100.txt" 2>&1
>>"%out%\index.txt" echo q100.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\PublicProfile\Logging"
reg query HKLM\SYSTEM\CurrentControlSet\Services\MpsSvc >"%out%\q101.txt" 2>&1
>>"%out%\index.txt" echo q101.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\MpsSvc"
reg query HKLM\SYSTEM\CurrentControlSet\Services\BFE >"%out%\q102.txt" 2>&1
>>"%out%\index.txt" echo q102.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\BFE"
reg query HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules >"%out%\q103.txt" 2>&1
>>"%out%\index.txt" echo q103.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules"
reg query HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\FirewallRules >"%out%\q104.txt" 2>&1
>>"%out%\index.txt" echo q104.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\FirewallRules"
reg query HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile\GloballyOpenPorts\List >"%out%\q105.txt" 2>&1
>>"%out%\index.txt" echo q105.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile\GloballyOpenPorts\List"
reg query HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile\AuthorizedApplications\List >"%out%\q106.txt" 2>&1
>>"%out%\index.txt" echo q106.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile\AuthorizedApplications\List"
reg query HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\DomainProfile\GloballyOpenPorts\List >"%out%\q107.txt" 2>&1
>>"%out%\index.txt" echo q107.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\DomainProfile\GloballyOpenPorts\List"
reg query HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall >"%out%\q108.txt" 2>&1
>>"%out%\index.txt" echo q108.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall"
reg query "HKLM\SOFTWARE\Microsoft\Active Setup\Installed Components\{A509B1A7-37EF-4b3f-8CFC-4F3A74704073}" >"%out%\q109.txt" 2>&1
>>"%out%\index.txt" echo q109.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Active Setup\Installed Components\{A509B1A7-37EF-4b3f-8CFC-4F3A74704073}"
reg query "HKLM\SOFTWARE\Microsoft\Active Setup\Installed Components\{A509B1A8-37EF-4b3f-8CFC-4F3A74704073}" >"%out%\q110.txt" 2>&1
>>"%out%\index.txt" echo q110.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Active Setup\Installed Components\{A509B1A8-37EF-4b3f-8CFC-4F3A74704073}"
reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\Internet Settings" >"%out%\q111.txt" 2>&1
>>"%out%\index.txt" echo q111.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\Internet Settings"
reg query "HKLM\SOFTWARE\Policies\Microsoft\Internet Explorer\Feeds" >"%out%\q112.txt" 2>&1
>>"%out%\index.txt" echo q112.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Internet Explorer\Feeds"
reg query HKLM\SYSTEM\CurrentControlSet\Services\LDAP >"%out%\q113.txt" 2>&1
>>"%out%\index.txt" echo q113.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\LDAP"
reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Rpc" >"%out%\q114.txt" 2>&1
>>"%out%\index.txt" echo q114.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Rpc"
reg query HKLM\SOFTWARE\Microsoft\Ole\AppCompat >"%out%\q115.txt" 2>&1
>>"%out%\index.txt" echo q115.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Ole\AppCompat"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\Session Manager" >"%out%\q116.txt" 2>&1
>>"%out%\index.txt" echo q116.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\Session Manager"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\kernel" >"%out%\q117.txt" 2>&1
>>"%out%\index.txt" echo q117.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\kernel"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\SubSystems" >"%out%\q118.txt" 2>&1
>>"%out%\index.txt" echo q118.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\SubSystems"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management" >"%out%\q119.txt" 2>&1
>>"%out%\index.txt" echo q119.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management"
reg query HKLM\SYSTEM\CurrentControlSet\Control\FileSystem >"%out%\q120.txt" 2>&1
>>"%out%\index.txt" echo q120.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\FileSystem"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\AppCompat >"%out%\q121.txt" 2>&1
>>"%out%\index.txt" echo q121.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\AppCompat"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\Safer\CodeIdentifiers >"%out%\q122.txt" 2>&1
>>"%out%\index.txt" echo q122.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\Safer\CodeIdentifiers"
reg query HKLM\SOFTWARE\Policies\Microsoft\Cryptography >"%out%\q123.txt" 2>&1
>>"%out%\index.txt" echo q123.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Cryptography"
reg query HKLM\SYSTEM\CurrentControlSet\Control >"%out%\q124.txt" 2>&1
>>"%out%\index.txt" echo q124.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control"
reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows NT\DNSClient" >"%out%\q125.txt" 2>&1
>>"%out%\index.txt" echo q125.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows NT\DNSClient"
reg query HKLM\SYSTEM\CurrentControlSet\Services\NetBT\Parameters >"%out%\q126.txt" 2>&1
>>"%out%\index.txt" echo q126.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\NetBT\Parameters"
reg query HKLM\SYSTEM\CurrentControlSet\Services\WinHttpAutoProxySvc >"%out%\q127.txt" 2>&1
>>"%out%\index.txt" echo q127.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\WinHttpAutoProxySvc"
reg query HKLM\SYSTEM\CurrentControlSet\Services\DNS\Parameters >"%out%\q128.txt" 2>&1
>>"%out%\index.txt" echo q128.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\DNS\Parameters"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\LLTD >"%out%\q129.txt" 2>&1
>>"%out%\index.txt" echo q129.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\LLTD"
reg query HKLM\SOFTWARE\Policies\Microsoft\Peernet >"%out%\q130.txt" 2>&1
>>"%out%\index.txt" echo q130.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Peernet"
reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows\Network Connections" >"%out%\q131.txt" 2>&1
>>"%out%\index.txt" echo q131.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\Network Connections"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\WCN\Registrars >"%out%\q132.txt" 2>&1
>>"%out%\index.txt" echo q132.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\WCN\Registrars"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\WCN\UI >"%out%\q133.txt" 2>&1
>>"%out%\index.txt" echo q133.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\WCN\UI"
reg query HKLM\SYSTEM\CurrentControlSet\Control\Lsa\MSV1_0 >"%out%\q134.txt" 2>&1
>>"%out%\index.txt" echo q134.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\Lsa\MSV1_0"
reg query HKLM\SYSTEM\CurrentControlSet\Services\Spooler >"%out%\q135.txt" 2>&1
>>"%out%\index.txt" echo q135.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\Spooler"
reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Printers" >"%out%\q136.txt" 2>&1
>>"%out%\index.txt" echo q136.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Printers"
reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Printers\PointAndPrint" >"%out%\q137.txt" 2>&1
>>"%out%\index.txt" echo q137.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Printers\PointAndPrint"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\Print\Providers\LanMan Print Services\Servers" >"%out%\q138.txt" 2>&1
>>"%out%\index.txt" echo q138.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\Print\Providers\LanMan Print Services\Servers"
reg query HKLM\SYSTEM\CurrentControlSet\Control\Print >"%out%\q139.txt" 2>&1
>>"%out%\index.txt" echo q139.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\Print"
reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services" >"%out%\q140.txt" 2>&1
>>"%out%\index.txt" echo q140.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp" >"%out%\q141.txt" 2>&1
>>"%out%\index.txt" echo q141.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server" >"%out%\q142.txt" 2>&1
>>"%out%\index.txt" echo q142.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.0\Server" >"%out%\q143.txt" 2>&1
>>"%out%\index.txt" echo q143.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.0\Server"
reg query HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\CredSSP\Parameters >"%out%\q144.txt" 2>&1
>>"%out%\index.txt" echo q144.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\CredSSP\Parameters"
reg query HKLM\SYSTEM\CurrentControlSet\Services\Fax >"%out%\q145.txt" 2>&1
>>"%out%\index.txt" echo q145.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\Fax"
reg query HKLM\SYSTEM\CurrentControlSet\Services\MSFTPSVC >"%out%\q146.txt" 2>&1
>>"%out%\index.txt" echo q146.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\MSFTPSVC"
reg query HKLM\SYSTEM\CurrentControlSet\Services\p2pimsvc >"%out%\q147.txt" 2>&1
>>"%out%\index.txt" echo q147.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\p2pimsvc"
reg query HKLM\SYSTEM\CurrentControlSet\Services\simptcp >"%out%\q148.txt" 2>&1
>>"%out%\index.txt" echo q148.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\simptcp"
reg query HKLM\SYSTEM\CurrentControlSet\Services\TlntSvr >"%out%\q149.txt" 2>&1
>>"%out%\index.txt" echo q149.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\TlntSvr"
reg query HKLM\SYSTEM\CurrentControlSet\Services\ftpsvc >"%out%\q150.txt" 2>&1
>>"%out%\index.txt" echo q150.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\ftpsvc"
reg query HKLM\SYSTEM\CurrentControlSet\Services\Browser >"%out%\q151.txt" 2>&1
>>"%out%\index.txt" echo q151.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\Browser"
reg query HKLM\SYSTEM\CurrentControlSet\Services\SSDPSRV >"%out%\q152.txt" 2>&1
>>"%out%\index.txt" echo q152.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\SSDPSRV"
reg query HKLM\SYSTEM\CurrentControlSet\Services\upnphost >"%out%\q153.txt" 2>&1
>>"%out%\index.txt" echo q153.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\upnphost"
reg query HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess >"%out%\q154.txt" 2>&1
>>"%out%\index.txt" echo q154.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess"
reg query HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess >"%out%\q155.txt" 2>&1
>>"%out%\index.txt" echo q155.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\RemoteAccess"
reg query HKLM\SYSTEM\CurrentControlSet\Services\RemoteRegistry >"%out%\q156.txt" 2>&1
>>"%out%\index.txt" echo q156.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\RemoteRegistry"
reg query HKLM\SYSTEM\CurrentControlSet\Services\WebClient >"%out%\q157.txt" 2>&1
>>"%out%\index.txt" echo q157.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\WebClient"
reg query HKLM\SYSTEM\CurrentControlSet\Services\SNMP >"%out%\q158.txt" 2>&1
>>"%out%\index.txt" echo q158.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\SNMP"
reg query HKLM\SYSTEM\CurrentControlSet\Services\SNMP\Parameters\ValidCommunities >"%out%\q159.txt" 2>&1
>>"%out%\index.txt" echo q159.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\SNMP\Parameters\ValidCommunities"
reg query HKLM\SYSTEM\CurrentControlSet\Services\SNMP\Parameters >"%out%\q160.txt" 2>&1
>>"%out%\index.txt" echo q160.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\SNMP\Parameters"
reg query HKLM\SYSTEM\CurrentControlSet\Services\SMTPSVC >"%out%\q161.txt" 2>&1
>>"%out%\index.txt" echo q161.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\SMTPSVC"
reg query HKLM\SYSTEM\CurrentControlSet\Services\W3SVC >"%out%\q162.txt" 2>&1
>>"%out%\index.txt" echo q162.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\W3SVC"
reg query HKLM\SYSTEM\CurrentControlSet\Services\WerSvc >"%out%\q163.txt" 2>&1
>>"%out%\index.txt" echo q163.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\WerSvc"
reg query HKLM\SYSTEM\CurrentControlSet\Services\Themes >"%out%\q164.txt" 2>&1
>>"%out%\index.txt" echo q164.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\Themes"
reg query HKLM\SYSTEM\CurrentControlSet\Services\AudioSrv >"%out%\q165.txt" 2>&1
>>"%out%\index.txt" echo q165.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\AudioSrv"
reg query HKLM\SYSTEM\CurrentControlSet\Services\TapiSrv >"%out%\q166.txt" 2>&1
>>"%out%\index.txt" echo q166.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\TapiSrv"
reg query HKLM\SYSTEM\CurrentControlSet\Services\DPS >"%out%\q167.txt" 2>&1
>>"%out%\index.txt" echo q167.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\DPS"
reg query HKLM\SOFTWARE\Microsoft\MSDTC\Security >"%out%\q168.txt" 2>&1
>>"%out%\index.txt" echo q168.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\MSDTC\Security"
reg query HKLM\SYSTEM\CurrentControlSet\Services\NTDS >"%out%\q169.txt" 2>&1
>>"%out%\index.txt" echo q169.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\NTDS"
reg query HKLM\SYSTEM\CurrentControlSet\Services\DFSR >"%out%\q170.txt" 2>&1
>>"%out%\index.txt" echo q170.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\DFSR"
reg query HKLM\SYSTEM\CurrentControlSet\Services\Dnscache >"%out%\q171.txt" 2>&1
>>"%out%\index.txt" echo q171.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\Dnscache"
reg query HKLM\SYSTEM\CurrentControlSet\Services\DNS >"%out%\q172.txt" 2>&1
>>"%out%\index.txt" echo q172.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\DNS"
reg query HKLM\SYSTEM\CurrentControlSet\Services\gpsvc >"%out%\q173.txt" 2>&1
>>"%out%\index.txt" echo q173.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\gpsvc"
reg query HKLM\SYSTEM\CurrentControlSet\Services\IsmServ >"%out%\q174.txt" 2>&1
>>"%out%\index.txt" echo q174.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\IsmServ"
reg query HKLM\SYSTEM\CurrentControlSet\Services\Kdc >"%out%\q175.txt" 2>&1
>>"%out%\index.txt" echo q175.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\Kdc"
reg query HKLM\SYSTEM\CurrentControlSet\Services\Netlogon >"%out%\q176.txt" 2>&1
>>"%out%\index.txt" echo q176.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\Netlogon"
reg query HKLM\SYSTEM\CurrentControlSet\Services\W32Time >"%out%\q177.txt" 2>&1
>>"%out%\index.txt" echo q177.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\W32Time"
reg query HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer >"%out%\q178.txt" 2>&1
>>"%out%\index.txt" echo q178.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer"
reg query HKLM\SYSTEM\CurrentControlSet\Services\LanmanWorkstation >"%out%\q179.txt" 2>&1
>>"%out%\index.txt" echo q179.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\LanmanWorkstation"
reg query HKLM\SYSTEM\CurrentControlSet\Services\W32Time\Config >"%out%\q180.txt" 2>&1
>>"%out%\index.txt" echo q180.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\W32Time\Config"
reg query HKLM\SYSTEM\CurrentControlSet\Services\W32Time\TimeProviders\NtpClient >"%out%\q181.txt" 2>&1
>>"%out%\index.txt" echo q181.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\W32Time\TimeProviders\NtpClient"
reg query HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer\Parameters >"%out%\q182.txt" 2>&1
>>"%out%\index.txt" echo q182.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer\Parameters"
reg query HKLM\SYSTEM\CurrentControlSet\Services\mrxsmb10 >"%out%\q183.txt" 2>&1
>>"%out%\index.txt" echo q183.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\mrxsmb10"
reg query HKLM\SYSTEM\CurrentControlSet\Services\mrxsmb20 >"%out%\q184.txt" 2>&1
>>"%out%\index.txt" echo q184.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\mrxsmb20"
reg query HKLM\SYSTEM\CurrentControlSet\Services\LanmanWorkstation\Parameters >"%out%\q185.txt" 2>&1
>>"%out%\index.txt" echo q185.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\LanmanWorkstation\Parameters"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\NetworkProvider\HardenedPaths >"%out%\q186.txt" 2>&1
>>"%out%\index.txt" echo q186.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\NetworkProvider\HardenedPaths"
reg query HKLM\SYSTEM\CurrentControlSet\Control\SecurePipeServers\Winreg\AllowedExactPaths >"%out%\q187.txt" 2>&1
>>"%out%\index.txt" echo q187.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurePipeServers\Winreg\AllowedExactPaths"
reg query HKLM\SYSTEM\CurrentControlSet\Control\SecurePipeServers\Winreg\AllowedPaths >"%out%\q188.txt" 2>&1
>>"%out%\index.txt" echo q188.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurePipeServers\Winreg\AllowedPaths"
reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters >"%out%\q189.txt" 2>&1
>>"%out%\index.txt" echo q189.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"
reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip6\Parameters >"%out%\q190.txt" 2>&1
>>"%out%\index.txt" echo q190.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\Tcpip6\Parameters"
reg query HKLM\SYSTEM\CurrentControlSet\Services\iphlpsvc >"%out%\q191.txt" 2>&1
>>"%out%\index.txt" echo q191.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\iphlpsvc"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\SSL 2.0\Server" >"%out%\q192.txt" 2>&1
>>"%out%\index.txt" echo q192.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\SSL 2.0\Server"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\SSL 2.0\Client" >"%out%\q193.txt" 2>&1
>>"%out%\index.txt" echo q193.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\SSL 2.0\Client"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\SSL 3.0\Server" >"%out%\q194.txt" 2>&1
>>"%out%\index.txt" echo q194.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\SSL 3.0\Server"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\SSL 3.0\Client" >"%out%\q195.txt" 2>&1
>>"%out%\index.txt" echo q195.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\SSL 3.0\Client"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Server" >"%out%\q196.txt" 2>&1
>>"%out%\index.txt" echo q196.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Server"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client" >"%out%\q197.txt" 2>&1
>>"%out%\index.txt" echo q197.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.1\Server" >"%out%\q198.txt" 2>&1
>>"%out%\index.txt" echo q198.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.1\Server"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.1\Client" >"%out%\q199.txt" 2>&1
>>"%out%\index.txt" echo q199.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.1\Client"
reg query "HKLM\SOFTWARE\Microsoft\Microsoft SQL Server" >"%out%\q200.txt" 2>&1
>>"%out%\index.txt" echo q200.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Microsoft SQL Server"
reg query "HKLM\SOFTWARE\Wow6432Node\Microsoft\Microsoft SQL Server" >"%out%\q201.txt" 2>&1
>>"%out%\index.txt" echo q201.txt %errorlevel% "registry:HKLM\SOFTWARE\Wow6432Node\Microsoft\Microsoft SQL Server"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.0\Client" >"%out%\q202.txt" 2>&1
>>"%out%\index.txt" echo q202.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.0\Client"
reg query HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\NULL >"%out%\q203.txt" 2>&1
>>"%out%\index.txt" echo q203.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\NULL"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\DES 56/56" >"%out%\q204.txt" 2>&1
>>"%out%\index.txt" echo q204.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\DES 56/56"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC2 40/128" >"%out%\q205.txt" 2>&1
>>"%out%\index.txt" echo q205.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC2 40/128"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC2 56/128" >"%out%\q206.txt" 2>&1
>>"%out%\index.txt" echo q206.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC2 56/128"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC2 128/128" >"%out%\q207.txt" 2>&1
>>"%out%\index.txt" echo q207.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC2 128/128"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC4 40/128" >"%out%\q208.txt" 2>&1
>>"%out%\index.txt" echo q208.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC4 40/128"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC4 56/128" >"%out%\q209.txt" 2>&1
>>"%out%\index.txt" echo q209.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC4 56/128"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC4 64/128" >"%out%\q210.txt" 2>&1
>>"%out%\index.txt" echo q210.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC4 64/128"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC4 128/128" >"%out%\q211.txt" 2>&1
>>"%out%\index.txt" echo q211.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC4 128/128"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\Triple DES 168" >"%out%\q212.txt" 2>&1
>>"%out%\index.txt" echo q212.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\Triple DES 168"
reg query HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Hashes\MD5 >"%out%\q213.txt" 2>&1
>>"%out%\index.txt" echo q213.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Hashes\MD5"
reg query HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Hashes\SHA >"%out%\q214.txt" 2>&1
>>"%out%\index.txt" echo q214.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Hashes\SHA"
reg query HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\KeyExchangeAlgorithms\PKCS >"%out%\q215.txt" 2>&1
>>"%out%\index.txt" echo q215.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\KeyExchangeAlgorithms\PKCS"
reg query HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\KeyExchangeAlgorithms\Diffie-Hellman >"%out%\q216.txt" 2>&1
>>"%out%\index.txt" echo q216.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\KeyExchangeAlgorithms\Diffie-Hellman"
reg query HKLM\SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002 >"%out%\q217.txt" 2>&1
>>"%out%\index.txt" echo q217.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002"
reg query HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL >"%out%\q218.txt" 2>&1
>>"%out%\index.txt" echo q218.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL"
reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp" >"%out%\q219.txt" 2>&1
>>"%out%\index.txt" echo q219.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp"
reg query "HKLM\SOFTWARE\Wow6432Node\Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp" >"%out%\q220.txt" 2>&1
>>"%out%\index.txt" echo q220.txt %errorlevel% "registry:HKLM\SOFTWARE\Wow6432Node\Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp"
reg query HKLM\SOFTWARE\Microsoft\.NETFramework\v2.0.50727 >"%out%\q221.txt" 2>&1
>>"%out%\index.txt" echo q221.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\.NETFramework\v2.0.50727"
reg query HKLM\SOFTWARE\Wow6432Node\Microsoft\.NETFramework\v2.0.50727 >"%out%\q222.txt" 2>&1
>>"%out%\index.txt" echo q222.txt %errorlevel% "registry:HKLM\SOFTWARE\Wow6432Node\Microsoft\.NETFramework\v2.0.50727"
reg query HKLM\SOFTWARE\Microsoft\.NETFramework\v4.0.30319 >"%out%\q223.txt" 2>&1
>>"%out%\index.txt" echo q223.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\.NETFramework\v4.0.30319"
reg query HKLM\SOFTWARE\Wow6432Node\Microsoft\.NETFramework\v4.0.30319 >"%out%\q224.txt" 2>&1
>>"%out%\index.txt" echo q224.txt %errorlevel% "registry:HKLM\SOFTWARE\Wow6432Node\Microsoft\.NETFramework\v4.0.30319"
reg query HKLM\SYSTEM\CurrentControlSet\Control\Lsa\FIPSAlgorithmPolicy >"%out%\q225.txt" 2>&1
>>"%out%\index.txt" echo q225.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\Lsa\FIPSAlgorithmPolicy"
reg query HKLM\SOFTWARE\Microsoft\Cryptography\Wintrust\Config >"%out%\q226.txt" 2>&1
>>"%out%\index.txt" echo q226.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Cryptography\Wintrust\Config"
reg query HKLM\SOFTWARE\Wow6432Node\Microsoft\Cryptography\Wintrust\Config >"%out%\q227.txt" 2>&1
>>"%out%\index.txt" echo q227.txt %errorlevel% "registry:HKLM\SOFTWARE\Wow6432Node\Microsoft\Cryptography\Wintrust\Config"
reg query "HKLM\SOFTWARE\Microsoft\Cryptography\OID\EncodingType 0\CertDLLCreateCertificateChainEngine\Config" >"%out%\q228.txt" 2>&1
>>"%out%\index.txt" echo q228.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Cryptography\OID\EncodingType 0\CertDLLCreateCertificateChainEngine\Config"
reg query HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System >"%out%\q229.txt" 2>&1
>>"%out%\index.txt" echo q229.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
reg query HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\CredUI >"%out%\q230.txt" 2>&1
>>"%out%\index.txt" echo q230.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\CredUI"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\Explorer >"%out%\q231.txt" 2>&1
>>"%out%\index.txt" echo q231.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\Explorer"
reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows\Windows Error Reporting" >"%out%\q232.txt" 2>&1
>>"%out%\index.txt" echo q232.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\Windows Error Reporting"
reg query HKLM\SOFTWARE\Policies\Microsoft\SQMClient\Windows >"%out%\q233.txt" 2>&1
>>"%out%\index.txt" echo q233.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\SQMClient\Windows"
reg query HKLM\SOFTWARE\Policies\Microsoft\Messenger\Client >"%out%\q234.txt" 2>&1
>>"%out%\index.txt" echo q234.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Messenger\Client"
reg query HKLM\SOFTWARE\Policies\Microsoft\SearchCompanion >"%out%\q235.txt" 2>&1
>>"%out%\index.txt" echo q235.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\SearchCompanion"
reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows\Internet Connection Wizard" >"%out%\q236.txt" 2>&1
>>"%out%\index.txt" echo q236.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\Internet Connection Wizard"
reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows\Registration Wizard Control" >"%out%\q237.txt" 2>&1
>>"%out%\index.txt" echo q237.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\Registration Wizard Control"
reg query HKLM\SOFTWARE\Policies\Microsoft\EventViewer >"%out%\q238.txt" 2>&1
>>"%out%\index.txt" echo q238.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\EventViewer"
reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows\Group Policy\{35378EAC-683F-11D2-A89A-00C04FBBCFA2}" >"%out%\q239.txt" 2>&1
>>"%out%\index.txt" echo q239.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\Group Policy\{35378EAC-683F-11D2-A89A-00C04FBBCFA2}"
reg query HKLM\SOFTWARE\Policies\Microsoft\Power\PowerSettings\0e796bdb-100d-47d6-a2d5-f7d2daa51f51 >"%out%\q240.txt" 2>&1
>>"%out%\index.txt" echo q240.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Power\PowerSettings\0e796bdb-100d-47d6-a2d5-f7d2daa51f51"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\Installer >"%out%\q241.txt" 2>&1
>>"%out%\index.txt" echo q241.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\Installer"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\DriverSearching >"%out%\q242.txt" 2>&1
>>"%out%\index.txt" echo q242.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\DriverSearching"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU >"%out%\q243.txt" 2>&1
>>"%out%\index.txt" echo q243.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate >"%out%\q244.txt" 2>&1
>>"%out%\index.txt" echo q244.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate"
reg query HKLM\SOFTWARE\Policies\Microsoft\WindowsMediaPlayer >"%out%\q245.txt" 2>&1
>>"%out%\index.txt" echo q245.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\WindowsMediaPlayer"
reg query HKLM\SOFTWARE\Policies\Microsoft\WMDRM >"%out%\q246.txt" 2>&1
>>"%out%\index.txt" echo q246.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\WMDRM"
reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows Mail" >"%out%\q247.txt" 2>&1
>>"%out%\index.txt" echo q247.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows Mail"
reg query HKLM\SOFTWARE\Policies\Microsoft\WindowsMovieMaker >"%out%\q248.txt" 2>&1
>>"%out%\index.txt" echo q248.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\WindowsMovieMaker"
reg query HKLM\SOFTWARE\Policies\Microsoft\Assistance\Client\1.0 >"%out%\q249.txt" 2>&1
>>"%out%\index.txt" echo q249.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Assistance\Client\1.0"
reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows\Windows Search" >"%out%\q250.txt" 2>&1
>>"%out%\index.txt" echo q250.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\Windows Search"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\WinRM\Service >"%out%\q251.txt" 2>&1
>>"%out%\index.txt" echo q251.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\WinRM\Service"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\WinRM\Client >"%out%\q252.txt" 2>&1
>>"%out%\index.txt" echo q252.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\WinRM\Client"
reg query HKLM\SYSTEM\CurrentControlSet\Services\WinRM >"%out%\q253.txt" 2>&1
>>"%out%\index.txt" echo q253.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\WinRM"
reg query HKLM\SYSTEM\CurrentControlSet\Services\HTTP >"%out%\q254.txt" 2>&1
>>"%out%\index.txt" echo q254.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\HTTP"
reg query HKLM\SYSTEM\CurrentControlSet\Services\RpcSs >"%out%\q255.txt" 2>&1
>>"%out%\index.txt" echo q255.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\RpcSs"
reg query HKLM\SYSTEM\CurrentControlSet\Services\EventLog >"%out%\q256.txt" 2>&1
>>"%out%\index.txt" echo q256.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\EventLog"
reg query HKLM\SYSTEM\CurrentControlSet\Services\Winmgmt >"%out%\q257.txt" 2>&1
>>"%out%\index.txt" echo q257.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\Winmgmt"
reg query HKLM\SYSTEM\CurrentControlSet\Services\SamSs >"%out%\q258.txt" 2>&1
>>"%out%\index.txt" echo q258.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\SamSs"
reg query HKLM\SYSTEM\CurrentControlSet\Services\CryptSvc >"%out%\q259.txt" 2>&1
>>"%out%\index.txt" echo q259.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\CryptSvc"
reg query HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\WDigest >"%out%\q260.txt" 2>&1
>>"%out%\index.txt" echo q260.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\WDigest"
reg query HKLM\SYSTEM\CurrentControlSet\Control\DeviceGuard >"%out%\q261.txt" 2>&1
>>"%out%\index.txt" echo q261.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\DeviceGuard"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\DeviceGuard >"%out%\q262.txt" 2>&1
>>"%out%\index.txt" echo q262.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\DeviceGuard"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\PowerShell\ScriptBlockLogging >"%out%\q263.txt" 2>&1
>>"%out%\index.txt" echo q263.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\PowerShell\ScriptBlockLogging"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\PowerShell\Transcription >"%out%\q264.txt" 2>&1
>>"%out%\index.txt" echo q264.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\PowerShell\Transcription"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\EventLog\ProtectedEventLogging >"%out%\q265.txt" 2>&1
>>"%out%\index.txt" echo q265.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\EventLog\ProtectedEventLogging"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\SrpV2 >"%out%\q266.txt" 2>&1
>>"%out%\index.txt" echo q266.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\SrpV2"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.3\Server" >"%out%\q267.txt" 2>&1
>>"%out%\index.txt" echo q267.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.3\Server"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.3\Client" >"%out%\q268.txt" 2>&1
>>"%out%\index.txt" echo q268.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.3\Client"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\DTLS 1.0\Server" >"%out%\q269.txt" 2>&1
>>"%out%\index.txt" echo q269.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\DTLS 1.0\Server"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\DTLS 1.0\Client" >"%out%\q270.txt" 2>&1
>>"%out%\index.txt" echo q270.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\DTLS 1.0\Client"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\DTLS 1.2\Server" >"%out%\q271.txt" 2>&1
>>"%out%\index.txt" echo q271.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\DTLS 1.2\Server"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\DTLS 1.2\Client" >"%out%\q272.txt" 2>&1
>>"%out%\index.txt" echo q272.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\DTLS 1.2\Client"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\PCT 1.0\Server" >"%out%\q273.txt" 2>&1
>>"%out%\index.txt" echo q273.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\PCT 1.0\Server"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\PCT 1.0\Client" >"%out%\q274.txt" 2>&1
>>"%out%\index.txt" echo q274.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\PCT 1.0\Client"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\Multi-Protocol Unified Hello\Server" >"%out%\q275.txt" 2>&1
>>"%out%\index.txt" echo q275.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\Multi-Protocol Unified Hello\Server"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\Multi-Protocol Unified Hello\Client" >"%out%\q276.txt" 2>&1
>>"%out%\index.txt" echo q276.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\Multi-Protocol Unified Hello\Client"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\Triple DES 168/168" >"%out%\q277.txt" 2>&1
>>"%out%\index.txt" echo q277.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\Triple DES 168/168"
reg query HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\Kerberos\Parameters >"%out%\q278.txt" 2>&1
>>"%out%\index.txt" echo q278.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\Kerberos\Parameters"
reg query HKLM\SYSTEM\CurrentControlSet\Control\Lsa\pku2u >"%out%\q279.txt" 2>&1
>>"%out%\index.txt" echo q279.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\Lsa\pku2u"
reg query HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\Audit >"%out%\q280.txt" 2>&1
>>"%out%\index.txt" echo q280.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\Audit"
reg query HKLM\SYSTEM\CurrentControlSet\Services\IPSEC >"%out%\q281.txt" 2>&1
>>"%out%\index.txt" echo q281.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\IPSEC"
reg query HKLM\SYSTEM\CurrentControlSet\Services\AFD\Parameters >"%out%\q282.txt" 2>&1
>>"%out%\index.txt" echo q282.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\AFD\Parameters"
reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Setup\RecoveryConsole" >"%out%\q283.txt" 2>&1
>>"%out%\index.txt" echo q283.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Setup\RecoveryConsole"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\System >"%out%\q284.txt" 2>&1
>>"%out%\index.txt" echo q284.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\System"
reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard" >"%out%\q285.txt" 2>&1
>>"%out%\index.txt" echo q285.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard"
reg query HKLM\SOFTWARE\Microsoft\EMET >"%out%\q286.txt" 2>&1
>>"%out%\index.txt" echo q286.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\EMET"
reg query HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\LAPS >"%out%\q287.txt" 2>&1
>>"%out%\index.txt" echo q287.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\LAPS"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC4 128" >"%out%\q288.txt" 2>&1
>>"%out%\index.txt" echo q288.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC4 128"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC4 64" >"%out%\q289.txt" 2>&1
>>"%out%\index.txt" echo q289.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC4 64"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC4 56" >"%out%\q290.txt" 2>&1
>>"%out%\index.txt" echo q290.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC4 56"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC4 40" >"%out%\q291.txt" 2>&1
>>"%out%\index.txt" echo q291.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC4 40"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC2 128" >"%out%\q292.txt" 2>&1
>>"%out%\index.txt" echo q292.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\RC2 128"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\DES 56" >"%out%\q293.txt" 2>&1
>>"%out%\index.txt" echo q293.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\DES 56"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection >"%out%\q294.txt" 2>&1
>>"%out%\index.txt" echo q294.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\CloudContent >"%out%\q295.txt" 2>&1
>>"%out%\index.txt" echo q295.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\CloudContent"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\OneDrive >"%out%\q296.txt" 2>&1
>>"%out%\index.txt" echo q296.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\OneDrive"
reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\Personalization >"%out%\q297.txt" 2>&1
>>"%out%\index.txt" echo q297.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows\Personalization"
echo Done. Take this folder to the control node: "%out%"
exit /b 0
